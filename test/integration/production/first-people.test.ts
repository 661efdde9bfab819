import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import forge from 'node-forge'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runSekisho } from '../../support/copies.ts'
import { freshDatabase, sql, type TestDatabase } from '../../support/database.ts'

let database: TestDatabase
let folder: string
let environment: Record<string, string>

beforeAll(async () => {
  database = await freshDatabase()
  folder = await mkdtemp(join(tmpdir(), 'sekisho-first-'))
  await writeFile(join(folder, 'secret.key'), Buffer.alloc(32, 7), { mode: 0o600 })
  environment = {
    NODE_ENV: 'production',
    DATABASE_URL: database.appUrl,
    DATABASE_OWNER_URL: database.ownerUrl,
    DATA_DIR: join(folder, 'data'),
    SECRET_KEY_FILE: join(folder, 'secret.key'),
    SMTP_URL: 'smtp://127.0.0.1:1',
    PORTAL_ORIGIN: 'https://portal.sekisho.example',
    FRONT_SOCKET: join(folder, 'a.sock'),
  }
})

afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const sekisho = (...given: string[]) => runSekisho(given, environment, folder)

/** The common name in a PKCS#12 file that this password opens. */
const holderOf = async (file: string, password: string) => {
  const bytes = (await readFile(join(folder, file))).toString('binary')
  const pkcs12 = forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(bytes), password)
  const { certBag = '' } = forge.pki.oids
  const names = (pkcs12.getBags({ bagType: certBag })[certBag] ?? []).map(
    bag => bag.cert?.subject.getField('CN').value,
  )
  return names
}

const shown = (output: string, label: string) => new RegExp(`${label} +(\\S+)`).exec(output)?.[1] ?? ''
const officer = (loginId: string, role: string) => [
  'staff:create',
  loginId,
  '--name',
  '窓口　花子',
  '--role',
  role,
]

describe('the first people', () => {
  it('H-08 the first two officers come from the command line, with a certificate each, and no third', async () => {
    // Two who could neither prepare nor approve would lock the bank out.
    const useless = await sekisho(...officer('officer0', 'auditor'), '--mail', 'o0@bank.example')
    expect(useless).toMatchObject({ code: 1 })
    expect(useless.output).toContain('an operator or an approver')
    const [first, second] = await Promise.all([
      sekisho(...officer('officer1', 'operator'), '--mail', 'o1@bank.example'),
      sekisho(...officer('officer2', 'approver'), '--mail', 'o2@bank.example'),
    ])
    for (const { code, output } of [first, second]) expect(code, output).toBe(0)
    expect(shown(first.output, 'password')).toHaveLength(16)
    expect(await holderOf('officer1.p12', shown(first.output, 'file password'))).toContain('officer1')
    expect((await stat(join(folder, 'officer1.p12'))).mode & 0o777).toBe(0o600)
    const third = await sekisho(...officer('officer3', 'auditor'), '--mail', 'o3@bank.example')
    expect(third).toMatchObject({ code: 1 })
    expect(third.output).toContain('two officers already')
    const rows = await sql(
      database.ownerUrl,
      `SELECT operation FROM history WHERE operation = 'staff.created'`,
    )
    expect(rows).toHaveLength(2)
  })

  it('H-06 a company comes from a file, its master after it, whose password has to be changed', async () => {
    const contract = {
      entrance: { slug: 'shoko', name: '関所インターネットバンキング', preset: 'shoko' },
      contractNumber: '3000000001',
      name: '株式会社最初',
      nameKana: 'カブシキガイシャサイショ',
      services: [{ code: 'balance' }, { code: 'transfer' }],
      accounts: [
        {
          ...{ branchCode: '001', branchName: '本店', kind: 'ordinary', number: '0253226' },
          limits: { total: 1000000, each: '500000', preregistered: 1000000 },
          ceilings: { total: 2000000, each: 600000, preregistered: 2000000 },
        },
      ],
    }
    const [account] = contract.accounts
    const wrong = {
      ...contract,
      ...{ services: [{ code: 'lottery' }], contractNumber: '３００ａ', nameKana: '最初' },
      accounts: [{ ...account, ceilings: { total: 900000, each: 900001, preregistered: 0 } }],
    }
    await writeFile(join(folder, 'wrong.json'), JSON.stringify(wrong))
    const refused = await sekisho('company:create', 'wrong.json')
    expect(refused.code).toBe(1)
    for (const place of [
      'services.0.code',
      'contractNumber',
      'nameKana',
      'accounts.0.ceilings.each',
      'accounts.0.limits.total',
    ])
      expect(refused.output).toContain(place)

    await writeFile(join(folder, 'company.json'), JSON.stringify(contract))
    const made = await sekisho('company:create', 'company.json')
    expect(made.code, made.output).toBe(0)
    const [ceiling] = await sql(
      database.ownerUrl,
      `SELECT l.ceiling::text AS ceiling, s.approval::text AS approval
         FROM account_limit l JOIN company_service s USING (company_id)
        WHERE l.kind = 'each' AND s.service_code = 'transfer'`,
    )
    expect(ceiling).toEqual({ ceiling: '600000', approval: 'single' })
    const again = await sekisho('company:create', 'company.json')
    expect(again.output).toContain('This contract number is taken')

    const person = ['--name', '最初　太郎', '--mail', 'taro@first.example']
    const nobody = await sekisho('master:create', '9999', 'master001', ...person)
    expect(nobody.output).toContain('There is no company with this contract number')
    const master = await sekisho('master:create', '3000000001', 'master001', ...person)
    expect(master.code, master.output).toBe(0)
    expect(await holderOf('master001.p12', shown(master.output, 'file password'))).toContain('master001')
    const [row] = await sql(
      database.ownerUrl,
      `SELECT u.role::text AS role, c.force_change FROM "user" u JOIN credential c ON c.user_id = u.id`,
    )
    expect(row).toEqual({ role: 'administrator', force_change: true })
    expect((await sekisho('master:create', '3000000001', 'master001', ...person)).output).toContain(
      'exists already',
    )
  })

  it('B-16 a master whose preset has a first registration gets an initial password and no certificate', async () => {
    const contract = {
      entrance: { slug: 'rokin', name: '関所団体バンキング', preset: 'rokin' },
      contractNumber: '3000000002',
      name: '団体最初',
      nameKana: 'ダンタイサイショ',
      services: [{ code: 'balance' }],
      accounts: [],
    }
    await writeFile(join(folder, 'group.json'), JSON.stringify(contract))
    const made = await sekisho('company:create', 'group.json')
    expect(made.code, made.output).toBe(0)
    const person = ['--name', '団体　太郎', '--mail', 'taro@group.example']
    const master = await sekisho('master:create', '3000000002', 'dantai01', ...person)
    expect(master.code, master.output).toBe(0)
    expect(shown(master.output, 'initial password')).not.toBe('')
    expect(master.output).toContain('/e/rokin/registration/master')
    expect(master.output).not.toContain('.p12')
    const [row] = await sql(
      database.ownerUrl,
      `SELECT registration_due, email_state::text AS mail FROM "user" WHERE login_id = 'dantai01'`,
    )
    expect(row).toEqual({ registration_due: true, mail: 'unverified' })
  })
})

describe('a start in production', () => {
  it('is refused without what it needs, one sentence each', async () => {
    const { code, output } = await runSekisho(['serve'], { NODE_ENV: 'production' }, folder)
    expect(code).toBe(1)
    const sentences = output.trim().split('\n')
    expect(sentences.map(line => line.split(' ')[1])).toEqual([
      'FRONT_SOCKET',
      'DATABASE_URL',
      'SMTP_URL',
      'SECRET_KEY_FILE',
    ])
  })

  it('F-03 is refused where the serving role owns the tables', async () => {
    const { code, output } = await runSekisho(
      ['serve'],
      { ...environment, DATABASE_URL: database.ownerUrl },
      folder,
    )
    expect(code).toBe(1)
    expect(output).toContain('owns the tables and could rewrite the history')
  })

  it('makes no secret key of its own', async () => {
    const missing = { ...environment, SECRET_KEY_FILE: join(folder, 'nowhere.key') }
    const { code, output } = await runSekisho(['serve'], missing, folder)
    expect(code).toBe(1)
    expect(output).toContain('nowhere.key')
  })
})
