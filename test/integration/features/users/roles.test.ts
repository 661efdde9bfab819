import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issueDirectly } from '../../../../src/features/certificates/index.ts'
import type { CertificateState } from '../../../../src/generated/prisma/enums.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { sql } from '../../../support/database.ts'
import { demoOf, overridePolicy } from '../../../support/factors.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { atHome, callerOf, typeAtPortal } from '../../../support/ways-in.ts'
import { beginOn, execute, fillInChange, newPerson, send, untouched } from './changing.ts'
import { basic, begin, submit } from './registering.ts'

let portal: Portal
let contractor: Visitor
let administrator: Visitor
let companyId: string
let contractorId: string

beforeAll(async () => {
  portal = await openPortal({ presets: ['omakase', 'shoko', 'rokin'], generalUsers: true })
  contractor = await atHome(portal, 'omakase', 'administrator')
  const first = await portal.deps.db.user.findFirstOrThrow({
    where: { loginId: demoOf('omakase').administrator.loginId },
  })
  companyId = first.companyId
  contractorId = first.id
  const second = await newPerson(portal, companyId, 'administrator')
  administrator = await typeAtPortal(portal, 'omakase', second)
})
afterAll(() => portal.close())

/** Locks a user's password, suspends their token, gives them a certificate: the addresses where each would be helped. */
const inNeed = async (userId: string): Promise<string[]> => {
  const holder = { companyId, userId }
  await sql(
    portal.database.ownerUrl,
    `UPDATE credential SET failures = 10, locked_at = now() WHERE user_id = '${userId}' AND kind = 'login_password'`,
    `INSERT INTO otp_token (id, company_id, user_id, state, sealed_seed, created_at, registered_at, failures, suspended_at)
     VALUES (gen_random_uuid(), '${companyId}', '${userId}', 'active', '\\x00', now(), now(), 5, now())`,
  )
  const held = { ...holder, state: { in: ['signed', 'delivered', 'active'] as CertificateState[] } }
  if ((await portal.deps.db.certificate.count({ where: held })) === 0)
    await issueDirectly(portal.deps, system('test'), holder, 'Torikomi2026')
  const { id } = await portal.deps.db.certificate.findFirstOrThrow({ where: held })
  return [
    `/users/${userId}/lock-release`,
    `/users/otp-suspensions/${userId}/lift`,
    `/users/otp-tokens/${userId}/revocation`,
    `/users/certificates/${id}/revocation`,
  ]
}

const lastRefusal = async () => {
  const [entry] = await sql<{ reason: string; label: string; details: string }>(
    portal.database.ownerUrl,
    `SELECT reason, subject_label AS label, details FROM history
      WHERE chain_id = '${companyId}' AND outcome = 'refused' ORDER BY seq DESC LIMIT 1`,
  )
  return entry && { ...entry, details: JSON.parse(entry.details) }
}

const stored = (id: string) => portal.deps.db.user.findUniqueOrThrow({ where: { id } })

describe('D-14 the contractor appoints administrators', () => {
  it('whom the bank registers first is the contractor where the manual has one, an administrator elsewhere', async () => {
    expect((await stored(contractorId)).role).toBe('contractor')
    for (const preset of ['shoko', 'rokin'] as const) {
      const { loginId } = demoOf(preset).administrator
      expect((await portal.deps.db.user.findFirstOrThrow({ where: { loginId } })).role).toBe('administrator')
    }
  })

  it('an administrator is not offered the right, and can’t force it', async () => {
    await administrator.get('/users')
    await administrator.post('/users/new')
    expect(administrator.page.html).not.toMatch(/name="role"/)
    expect(administrator.page.text).toContain('貴社の契約者が行います')
    await send(administrator, basic('shutoku1', { role: 'administrator' }))
    expect(administrator.page.status).toBe(403)
    const { id } = await newPerson(portal, companyId, 'user')
    const draft = await beginOn(administrator, id)
    expect(administrator.page.html).not.toMatch(/name="role"/)
    await send(administrator, { role: 'administrator', name: '契約　四郎' })
    await send(administrator)
    await send(administrator)
    expect(administrator.page.path).toBe(`${draft}/confirm`)
    await execute(administrator)
    expect(await stored(id)).toMatchObject({ role: 'user', name: '契約　四郎' })
  })

  it('an administrator manages users, but neither administrators nor the contractor', async () => {
    const other = await newPerson(portal, companyId, 'administrator')
    for (const id of [other.id, contractorId]) {
      const page = await administrator.get(`/users/${id}`)
      expect(page.html).not.toMatch(/action="\/users\/[^"]*\/(change|deletion|suspension)"/)
      for (const path of ['change', 'deletion', 'suspension']) {
        await administrator.get('/users')
        expect((await administrator.post(`/users/${id}/${path}`)).status).toBe(403)
      }
    }
    expect(administrator.page.text).toContain('管理者については契約者に')
  })

  it('the contractor appoints, and takes the right away again; nobody else makes a contractor', async () => {
    const { id } = await newPerson(portal, companyId, 'user')
    await fillInChange(contractor, id, { basic: { role: 'administrator' } })
    expect(contractor.page.html).toMatch(/<del>付与しない<\/del>/)
    await execute(contractor)
    expect((await stored(id)).role).toBe('administrator')
    await beginOn(contractor, id)
    expect(
      (
        await contractor.post(contractor.page.path, {
          ...untouched(contractor.page.html),
          role: 'contractor',
        })
      ).status,
    ).toBe(403)
    await fillInChange(contractor, id, { basic: { role: 'user' } })
    await execute(contractor)
    expect((await stored(id)).role).toBe('user')
  })

  it.each(['lock-release', 'otp', 'certificates'] as const)(
    'an administrator holds no way in of an administrator or the contractor: %s',
    async which => {
      // Of the presets with a contractor only recommended lets administrators revoke; here its cell is laid over this one.
      await sql(
        portal.database.ownerUrl,
        `UPDATE company_policy SET overrides = '{"certificate":{"revokedBy":["administrator","helpdesk"]}}'
          WHERE company_id = '${companyId}'`,
      )
      const colleague = await newPerson(portal, companyId, 'administrator')
      const user = await newPerson(portal, companyId, 'user')
      const begins: string[] = []
      for (const id of [user.id, colleague.id, contractorId])
        begins.push(...(await inNeed(id)).filter(address => address.includes(which)))
      try {
        const offers = async () => {
          const pages = ['/users', '/users/otp-suspensions', '/users/otp-tokens', '/users/certificates']
          const html = await Promise.all(pages.map(async page => (await administrator.get(page)).html))
          return begins.map(address => html.join().includes(`action="${address}"`))
        }
        const ways = begins.length / 3
        expect(await offers()).toEqual(begins.map((_, index) => index < ways))
        for (const address of begins.slice(ways)) {
          await administrator.get('/users')
          expect((await administrator.post(address)).status, address).toBe(403)
          expect(administrator.page.text).toContain('管理者については契約者に')
        }
        // Appointed since the page came: what was begun ends there, and the history says on whom it was tried (F-02).
        for (const address of begins.slice(0, ways)) {
          await portal.deps.db.user.update({ where: { id: user.id }, data: { role: 'user' } })
          await administrator.get('/users')
          await administrator.post(address)
          if (administrator.page.path.endsWith('/reason'))
            await send(administrator, { reason: '来店にて確認' })
          expect(administrator.page.path).toMatch(/\/confirm$/)
          await portal.deps.db.user.update({ where: { id: user.id }, data: { role: 'administrator' } })
          await execute(administrator)
          expect(administrator.page.text).toContain('お客様の権限では変更できません')
          expect(await lastRefusal()).toMatchObject({
            reason: 'user.notManaged',
            label: user.loginId,
            ...(which === 'otp' && {
              details: { otpAct: address.endsWith('/lift') ? 'lift' : 'revoke' },
            }),
          })
        }
      } finally {
        await overridePolicy(portal, 'omakase', {})
        await sql(
          portal.database.ownerUrl,
          'UPDATE credential SET failures = 0, locked_at = NULL',
          `DELETE FROM otp_token WHERE company_id = '${companyId}'`,
        )
      }
    },
  )

  it('D-10 who holds a token is found however many do', async () => {
    await sql(
      portal.database.ownerUrl,
      `WITH people AS (
         INSERT INTO "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at)
         SELECT gen_random_uuid(), '${companyId}', 'token' || n, 'token' || n, 'bank', '多数　' || n,
                n || '@demo.sekisho.example', 'user', now()
           FROM (SELECT to_char(generate_series(1, 41), 'FM0000') AS n) AS numbers RETURNING id)
       INSERT INTO otp_token (id, company_id, user_id, state, sealed_seed, created_at, registered_at, failures, suspended_at)
       SELECT gen_random_uuid(), '${companyId}', id, 'active', '\\x00', now(), now(), 5, now() FROM people`,
    )
    for (const list of ['/users/otp-suspensions', '/users/otp-tokens']) {
      const page = await administrator.get(list)
      expect(page.text).toMatch(/41 ?件/)
      expect(page.text).toContain('token0001')
      expect(page.text).not.toContain('token0041')
      expect((await administrator.get(`${list}?page=3`)).text).toContain('token0041')
      const found = await administrator.get(`${list}?q=TOKEN0041`)
      expect(found.text).toContain('token0041')
      expect(found.text).not.toContain('token0001')
      expect((await administrator.get(`${list}?q=nobody`)).text).toContain('該当する利用者はいません')
    }
  })

  it('a company without a contractor, such as one whose preset has changed, is not left without anybody who appoints', async () => {
    const { id } = await newPerson(portal, companyId, 'user')
    await portal.deps.db.user.update({ where: { id: contractorId }, data: { role: 'administrator' } })
    try {
      await fillInChange(administrator, id, { basic: { role: 'administrator' } })
      await execute(administrator)
      expect((await stored(id)).role).toBe('administrator')
    } finally {
      await portal.deps.db.user.update({ where: { id: contractorId }, data: { role: 'contractor' } })
    }
  })
})

describe('words and certificates', () => {
  it.each([
    ['rokin', '付与する（マスターユーザー）', '付与しない（一般ユーザー）'],
    ['shoko', '付与する（管理者）', '付与しない（締結者）'],
  ] as const)('D-14 %s calls its people as its manual does', async (preset, granted, not) => {
    const admin = await atHome(portal, preset, 'administrator')
    await admin.get('/users')
    await admin.post('/users/new')
    for (const words of [granted, not]) expect(admin.page.text).toContain(words)
    // Neither manual lets an administrator reset what the helpdesk resets by a paper form.
    const user = await portal.deps.db.user.findFirstOrThrow({
      where: { loginId: demoOf(preset).user.loginId },
    })
    await beginOn(admin, user.id)
    expect(admin.page.html.includes('name="changeLoginPassword"')).toBe(preset === 'rokin')
    expect(admin.page.html).not.toContain('name="changeConfirmationPassword"')
  })

  it('D-08, C-14 a changed login ID revokes the certificates that bear the old one, as the confirm page has told', async () => {
    const admin = await atHome(portal, 'shoko', 'administrator')
    const user = await callerOf(portal, 'shoko', 'user')
    await user.enter()
    expect(user.visitor.page.path).toBe('/confirmation-password')
    const { id } = await portal.deps.db.user.findFirstOrThrow({
      where: { loginId: demoOf('shoko').user.loginId },
    })
    await beginOn(admin, id)
    expect(admin.page.text).toContain('変更前のログインIDの電子証明書は失効します')
    await fillInChange(admin, id, { basic: { loginId: '2004000777', loginIdAgain: '２００４０００７７７' } })
    expect(admin.page.text).toContain('電子証明書（1枚）はすべて失効します')
    await execute(admin, { confirmationPassword: 'Kakunin2026' })
    expect(admin.page.path).toMatch(/\/result$/)
    expect(
      await portal.deps.db.certificate.findMany({
        where: { userId: id },
        select: { state: true, endReason: true },
      }),
    ).toEqual([{ state: 'revoked', endReason: 'loginIdChanged' }])
    expect((await user.visitor.get('/confirmation-password')).status).toBe(401)
    const mails = await portal.deps.db.outboxMail.findMany({ where: { userId: id, kind: 'user.changed' } })
    expect(mails).toMatchObject([{ params: { after: 'certificateRevoked' } }])
    expect(JSON.stringify(mails)).not.toContain('2004000777')
  })

  it('D-09 a deleted user’s certificates are revoked', async () => {
    const admin = await atHome(portal, 'rokin', 'administrator')
    const { id } = await portal.deps.db.user.findFirstOrThrow({
      where: { loginId: demoOf('rokin').user.loginId },
    })
    await beginOn(admin, id, 'deletion')
    expect(admin.page.text).toContain('電子証明書（1枚）は失効します')
    await execute(admin)
    expect(admin.page.path).toMatch(/\/result$/)
    expect(
      await portal.deps.db.certificate.findMany({
        where: { userId: id },
        select: { state: true, endReason: true },
      }),
    ).toEqual([{ state: 'revoked', endReason: 'userLeft' }])
  })

  it('D-08 one’s own login ID is fixed while one’s certificate bears it', async () => {
    const admin = await atHome(portal, 'shoko', 'administrator')
    const { id } = await portal.deps.db.user.findFirstOrThrow({
      where: { loginId: demoOf('shoko').administrator.loginId },
    })
    await beginOn(admin, id)
    expect(admin.page.html).not.toContain('name="loginId"')
    await send(admin, { loginId: 'betsuno01', loginIdAgain: 'betsuno01' })
    expect(admin.page.path).toMatch(/\/permissions$/)
    expect((await stored(id)).loginId).toBe(demoOf('shoko').administrator.loginId)
  })

  it('D-07 the result says what the new user needs first, as their entrance has it', async () => {
    const rokin = await atHome(portal, 'rokin', 'administrator')
    const password = 'Hajime-26'
    for (const [registrar, loginId, typed, words] of [
      [contractor, 'shinki01', {}, 'ポータルへログインしていただけます'],
      [
        rokin,
        'Bessho01',
        { loginPassword: password, loginPasswordAgain: password },
        '「一般ユーザーの初期登録」で登録し',
      ],
    ] as const) {
      await begin(registrar)
      await submit(registrar, basic(loginId, typed))
      // No permission, no account: confirmed as it is.
      for (const _ of ['permissions', 'accounts', 'confirm']) await submit(registrar)
      expect(registrar.page.path).toMatch(/\/result$/)
      expect(registrar.page.text).toContain(words)
      // Neither entrance knows one.
      expect(registrar.page.text).not.toContain('電子証明書取得用パスワード')
    }
  })

  it('B-18, B-22 where codes go by SMS a mobile number is asked for, and the number before is told of a new one', async () => {
    await overridePolicy(portal, 'omakase', { login: { secondFactor: 'sms' } })
    try {
      const { id } = await newPerson(portal, companyId, 'user')
      await beginOn(contractor, id)
      for (const mobile of ['', '03-1234-5678', '090-1234']) {
        await send(contractor, { mobile })
        expect(contractor.page.status).toBe(422)
        expect(contractor.page.html).toContain('id="mobile-error"')
      }
      for (const mobile of ['０９０－１２３４－５６７８', '080-1111-2222']) {
        await fillInChange(contractor, id, { basic: { mobile } })
        await execute(contractor)
        expect(contractor.page.path).toMatch(/\/result$/)
      }
      expect((await stored(id)).mobile).toBe('+818011112222')
      const sms = await portal.deps.db.outboxSms.findMany({ where: { userId: id } })
      expect(sms).toMatchObject([{ kind: 'number-changed', recipient: '+819012345678' }])
      expect(await portal.deps.db.outboxMail.count({ where: { userId: id, kind: 'contact.changed' } })).toBe(
        2,
      )
    } finally {
      await overridePolicy(portal, 'omakase', {})
    }
  })
})
