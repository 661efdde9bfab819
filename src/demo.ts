import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Deps } from './deps.ts'
import { issueDirectly } from './features/certificates/index.ts'
import { createCompany, type NewCompany } from './features/company/index.ts'
import type { Holder } from './features/passwords/index.ts'
import { createStaff } from './features/staff/index.ts'
import { type SystemActor, system } from './kernel/actor.ts'

/** What the first start makes, so that a newcomer can click through every audience at once. Never in production. */
const company: NewCompany = {
  entrance: { slug: 'shoko', name: '関所 外為Webサービス', preset: 'shoko' },
  contractNumber: '2004000000',
  name: '株式会社関所商事',
  nameKana: 'カブシキガイシャセキショショウジ',
  overrides: { confirmation: 'password' },
  services: [
    { code: 'balance', approval: null },
    { code: 'statement', approval: null },
    { code: 'incoming', approval: null },
    { code: 'transfer', approval: 'single' },
    { code: 'bulk_transfer', approval: 'single' },
    { code: 'payroll', approval: 'single' },
    { code: 'direct_debit', approval: 'single' },
    { code: 'history', approval: null },
    { code: 'fx', approval: null },
  ],
  accounts: [
    {
      branchCode: '001',
      branchName: '本店営業部',
      kind: 'ordinary',
      number: '0253226',
      memo: '代表口座',
      limits: { total: 100_000_000n, each: 50_000_000n, preregistered: 100_000_000n },
    },
    {
      branchCode: '001',
      branchName: '本店営業部',
      kind: 'checking',
      number: '0104711',
      memo: '支払用',
      limits: { total: 300_000_000n, each: 100_000_000n, preregistered: 300_000_000n },
    },
    {
      branchCode: '113',
      branchName: '新宿支店',
      kind: 'ordinary',
      number: '1180452',
      memo: '給与用',
      limits: { total: 50_000_000n, each: 10_000_000n, preregistered: 50_000_000n },
    },
  ],
  limits: [
    { service: 'bulk_transfer', kind: 'bulk_transfer', amount: 500_000_000n, ceiling: 999_999_999_999n },
    { service: 'payroll', kind: 'salary', amount: 200_000_000n, ceiling: 999_999_999_999n },
    { service: 'payroll', kind: 'bonus', amount: 200_000_000n, ceiling: 999_999_999_999n },
    { service: 'direct_debit', kind: 'direct_debit', amount: 100_000_000n, ceiling: 999_999_999_999n },
  ],
  administrator: {
    loginId: '2004000001',
    name: '管理　太郎',
    email: 'kanri@demo.sekisho.example',
    loginPassword: 'Sekisho2026',
    confirmationPassword: 'Kakunin2026',
    forceChange: false,
  },
}

const officers = [
  { file: 'operator', loginId: 'operator1', name: '窓口　花子', role: 'operator' },
  { file: 'approver', loginId: 'approver1', name: '役席　一郎', role: 'approver' },
] as const
const staffPassword = 'Helpdesk-2026'
const filePassword = 'DemoShutoku2026'

export type DemoAccount = {
  audience: 'portal' | 'helpdesk'
  holder: string
  loginId: string
  password: string
  confirmationPassword?: string
  file: string
  filePassword: string
}

/** The demo's accounts, as the start prints them. */
export const demoAccounts = (dataDir: string): DemoAccount[] => [
  {
    audience: 'portal',
    holder: `${company.name} ${company.administrator.name}（管理者）`,
    loginId: company.administrator.loginId,
    password: company.administrator.loginPassword,
    ...(company.administrator.confirmationPassword && {
      confirmationPassword: company.administrator.confirmationPassword,
    }),
    file: join(dataDir, 'demo', 'admin.p12'),
    filePassword,
  },
  ...officers.map(({ file, loginId, name }) => ({
    audience: 'helpdesk' as const,
    holder: name,
    loginId,
    password: staffPassword,
    file: join(dataDir, 'demo', `${file}.p12`),
    filePassword,
  })),
]

/**
 * Makes the demo's company, officers and certificates on an empty database, and whatever of them is missing later:
 * a first start that was cut off is made good by the next. Leaves a database with other companies alone.
 */
export const seedDemo = async (deps: Deps): Promise<void> => {
  if (deps.settings.production) throw new Error('There is no demo in production')
  const actor = system('demo')
  const dir = join(deps.settings.dataDir, 'demo')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const administrator = await ensureCompany(deps, actor)
  if (!administrator) return
  const holders = [{ file: 'admin', holder: administrator as Holder }]
  for (const { file, ...officer } of officers)
    holders.push({ file, holder: await ensureOfficer(deps, actor, officer) })
  // Keys take a moment each: together they take less.
  await Promise.all(
    holders.map(async ({ file, holder }) => {
      const path = join(dir, `${file}.p12`)
      if (existsSync(path)) return
      await writeFile(path, await issueDirectly(deps, actor, holder, filePassword), { mode: 0o600 })
    }),
  )
}

const ensureCompany = async (deps: Deps, actor: SystemActor): Promise<Holder | undefined> => {
  const found = await deps.db.user.findFirst({
    where: { loginIdKey: company.administrator.loginId, company: { contractNumber: company.contractNumber } },
    select: { id: true, companyId: true },
  })
  if (found) return { companyId: found.companyId, userId: found.id }
  if ((await deps.db.company.count()) > 0) return undefined
  const made = await createCompany(deps, actor, company)
  if (!made.ok) throw new Error(`The demo company was refused: ${made.reason}`)
  return { companyId: made.value.companyId, userId: made.value.administratorId }
}

const ensureOfficer = async (
  deps: Deps,
  actor: SystemActor,
  officer: { loginId: string; name: string; role: 'operator' | 'approver' },
): Promise<Holder> => {
  const found = await deps.db.staff.findUnique({
    where: { loginIdKey: officer.loginId },
    select: { id: true },
  })
  if (found) return { staffId: found.id }
  const email = `${officer.loginId}@bank.sekisho.example`
  const made = await createStaff(deps, actor, { ...officer, email, password: staffPassword })
  if (!made.ok) throw new Error(`The demo officer was refused: ${made.reason}`)
  return { staffId: made.value.staffId }
}
