import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type DemoCompany, type DemoPerson, demoCompanies } from './demo-companies.ts'
import { ensurePostings } from './demo-postings.ts'
import { ensureDemoService } from './demo-services.ts'
import type { Deps } from './deps.ts'
import { issueDirectly } from './features/certificates/index.ts'
import { createCompany } from './features/company/index.ts'
import { entrancePath } from './features/entrances/index.ts'
import { feeServices, publishStandardFees, scheduleOf } from './features/fees/index.ts'
import type { Holder } from './features/passwords/index.ts'
import { createStaff } from './features/staff/index.ts'
import { publishTerms } from './features/terms/index.ts'
import { registerUser } from './features/users/index.ts'
import { type SystemActor, system, type UserActor } from './kernel/actor.ts'
import { businessDayOf } from './kernel/business-day.ts'
import { yen } from './kernel/money.ts'
import { makeFolder } from './platform/folder.ts'
import { StartError } from './platform/start-error.ts'
import { writeWhole } from './platform/whole-file.ts'
import { type PresetName, presetNames, presetOf } from './policy/policy.ts'

const officers = [
  { file: 'operator.p12', loginId: 'operator1', name: '窓口　花子', role: 'operator' },
  { file: 'approver.p12', loginId: 'approver1', name: '役席　一郎', role: 'approver' },
] as const
const staffPassword = 'Madoguchi-2026'

/** The password of every demo certificate file. */
export const demoFilePassword = 'DemoShutoku2026'

export type DemoAccount = {
  holder: string
  loginId: string
  password: string
  confirmationPassword?: string
  /** The certificate file, absolute; absent where the preset logs in without one. */
  file?: string
}

/** Accounts that come in by one address. */
export type DemoDoor = {
  address: string
  company: string
  contractNumber?: string
  /** What else a newcomer must know to log in here. */
  note?: string
  accounts: DemoAccount[]
}

/** Whom the bank registers first is the contractor where the preset has one (D-14). */
const roleWord = (role: 'administrator' | 'user', preset: PresetName): string => {
  if (role === 'user') return '利用者'
  return presetOf(preset).roles.contractor ? '契約者' : '管理者'
}

/** The demo's accounts by the address where they log in, as the start prints them. */
export const demoDoors = ({ dataDir, defaultEntrance }: Deps['settings']): DemoDoor[] => [
  ...demoCompanies.map(({ company, administrator, user, choices }) => ({
    address: entrancePath(company.entrance.slug, defaultEntrance) || '/',
    company: company.name,
    contractNumber: company.contractNumber,
    ...(choices && { note: choices.note }),
    accounts: [administrator, user].map(({ role, name, loginId, password, confirmationPassword, file }) => ({
      holder: `${name}（${roleWord(role, company.entrance.preset)}）`,
      loginId,
      password,
      ...(confirmationPassword && { confirmationPassword }),
      ...(file && { file: join(dataDir, 'demo', file) }),
    })),
  })),
  {
    address: '/helpdesk',
    company: 'ヘルプデスク',
    accounts: officers.map(({ file, loginId, name }) => ({
      holder: name,
      loginId,
      password: staffPassword,
      file: join(dataDir, 'demo', file),
    })),
  },
]

/** By whom the history says that the demo's companies and officers were made. */
const demoActor = 'demo'

/**
 * Refuses a database that holds the demo: everybody may read its passwords, so it is no database for production. The
 * history tells, where nothing can be taken out or renamed (F-03, decision 0028).
 */
export const refuseDemo = async ({ db }: Pick<Deps, 'db'>): Promise<void> => {
  const [found] = await db.$queryRaw<{ demo: boolean }[]>`
    SELECT EXISTS (
      SELECT FROM history_chain
        JOIN history ON history.chain_id = history_chain.id
         AND history.operation IN ('company.created', 'staff.created')
       WHERE history.actor_kind = 'system' AND history.actor_name = ${demoActor}
    ) AS demo`
  if (found?.demo)
    throw new StartError(
      'This database holds the demonstration, whose passwords everybody may read: name an empty one in DATABASE_URL, or unset NODE_ENV=production.',
    )
}

export type DemoOptions = {
  /** Whose companies to make; all of them unless given. */
  presets?: readonly PresetName[]
  /** Whether each company gets its general user beside the administrator. */
  generalUsers?: boolean
  /** Whether companies use what their presets leave to them: second factors, terms. They do unless told otherwise. */
  choices?: boolean
}

type Certified = { file: string | undefined; holder: Holder }

/**
 * Makes the demo's companies, people and certificates on an empty database, and whatever of them is missing later:
 * a first start that was cut off is made good by the next. Leaves a database with other companies alone.
 */
export const seedDemo = async (
  deps: Deps,
  { presets = presetNames, generalUsers = true, choices = true }: DemoOptions = {},
): Promise<void> => {
  if (deps.settings.production) throw new Error('There is no demo in production')
  const actor = system(demoActor)
  const dir = join(deps.settings.dataDir, 'demo')
  await makeFolder(dir, 0o700)
  const contractNumber = { in: demoCompanies.map(({ company }) => company.contractNumber) }
  const others =
    (await deps.db.company.count()) - (await deps.db.company.count({ where: { contractNumber } }))
  if (others > 0) return
  const wanted = demoCompanies.filter(({ company }) => presets.includes(company.entrance.preset))
  const holders: Certified[] = []
  await someAtOnce(wanted, async each => {
    const { choices: chosen, ...asItsPreset } = each
    holders.push(...(await ensureCompany(deps, actor, choices ? each : asItsPreset, generalUsers)))
    if (choices && chosen?.terms) await ensureTerms(deps, actor, each.company.entrance.slug, chosen.terms)
  })
  await ensureStandardFees(deps, actor)
  if (choices) await ensurePostings(deps, actor)
  await someAtOnce(officers, async ({ file, ...officer }) => {
    holders.push({ file, holder: await ensureOfficer(deps, actor, officer) })
  })
  await someAtOnce(holders, async ({ file, holder }) => {
    const path = file && join(dir, file)
    if (!path || existsSync(path)) return
    // Whole or not at all: the next start would take half a file for a good one.
    await writeWhole(path, await issueDirectly(deps, actor, holder, demoFilePassword), 0o600)
  })
}

/** The demo's service with single sign-on, for the companies of the demo that there are (G-04, G-05). */
export const seedDemoService = (deps: Deps): Promise<void> =>
  ensureDemoService(
    deps,
    system(demoActor),
    demoCompanies.map(({ company }) => company.contractNumber),
  )

/**
 * Hashes and keys take a moment each: some at once take less, while all at once would let transactions wait too long
 * on a small machine.
 */
const someAtOnce = async <T>(all: readonly T[], make: (each: T) => Promise<void>): Promise<void> => {
  const left = [...all]
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await make(next)
  }
  await Promise.all(Array.from({ length: 3 }, work))
}

const ensureCompany = async (
  deps: Deps,
  actor: SystemActor,
  { company, administrator, user, choices }: DemoCompany,
  generalUsers: boolean,
): Promise<Certified[]> => {
  const companyId =
    (await deps.db.company.findUnique({ where: { contractNumber: company.contractNumber } }))?.id ??
    (await makeCompany(
      deps,
      actor,
      { ...company, overrides: { ...company.overrides, ...choices?.overrides } },
      administrator,
      choices?.mobiles?.administrator,
    ))
  const first = await findPerson(deps, companyId, administrator)
  if (!first) return []
  const made: Certified[] = [{ file: administrator.file, holder: first }]
  if (!generalUsers) return made
  const second =
    (await findPerson(deps, companyId, user)) ??
    (await makeUser(deps, first, administrator, user, choices?.mobiles?.user))
  return [...made, { file: user.file, holder: second }]
}

const makeCompany = async (
  deps: Deps,
  actor: SystemActor,
  company: DemoCompany['company'],
  { loginId, name, email, password, confirmationPassword }: DemoPerson,
  mobile?: string,
): Promise<string> => {
  const made = await createCompany(deps, actor, {
    ...company,
    administrator: {
      loginId,
      name,
      email,
      ...(mobile && { mobile }),
      loginPassword: password,
      ...(confirmationPassword && { confirmationPassword }),
      forceChange: false,
    },
  })
  if (!made.ok) throw new Error(`The demo company ${company.name} was refused: ${made.reason}`)
  return made.value.companyId
}

type UserHolder = { companyId: string; userId: string }

const findPerson = async (
  deps: Deps,
  companyId: string,
  { loginId }: DemoPerson,
): Promise<UserHolder | undefined> => {
  const found = await deps.db.user.findFirst({
    where: { companyId, loginIdKey: loginId.toLowerCase() },
    select: { id: true },
  })
  return found ? { companyId, userId: found.id } : undefined
}

/** A general user who may enquire, registered as an administrator registers one. */
const makeUser = async (
  deps: Deps,
  administrator: UserHolder,
  { loginId, name }: DemoPerson,
  user: DemoPerson,
  mobile?: string,
): Promise<UserHolder> => {
  const { companyId, userId } = administrator
  const actor: UserActor = {
    kind: 'user',
    id: userId,
    companyId,
    loginId,
    name,
    role: 'administrator',
    permissions: new Set(),
    origin: {},
  }
  const permissions = await deps.db.permission.findMany({
    where: { kind: 'enquiry', service: { companies: { some: { companyId } } } },
    select: { serviceCode: true, code: true },
  })
  const accounts = await deps.db.account.findMany({ where: { companyId }, select: { id: true } })
  const made = await registerUser(deps, actor, {
    loginId: user.loginId,
    name: user.name,
    email: user.email,
    ...(mobile && { mobile }),
    role: 'user',
    loginPasswordHash: await deps.hasher.hash(user.password),
    forceChange: false,
    permissions: permissions.map(each => `${each.serviceCode}.${each.code}`),
    accounts: accounts.map(({ id }) => id),
    limits: new Map([['transfer', yen(0n)]]),
  })
  if (!made.ok) throw new Error(`The demo user ${user.loginId} was refused: ${made.reason}`)
  // The demo's people have gone through 初期登録 already (B-16): they log in at once.
  await deps.db.user.update({ where: { id: made.value.userId }, data: { registrationDue: false } })
  return { companyId, userId: made.value.userId }
}

/** The demo bank's standard fees: to the same branch, to its others, to other banks. */
const demoFees = {
  transfer: [
    [1, 0, 110, 330],
    [30_000, 0, 220, 550],
  ],
  bulk_transfer: [
    [1, 0, 110, 275],
    [30_000, 0, 220, 495],
  ],
} as const

/** The bank's standard fees, where it has none yet (E-05). */
const ensureStandardFees = async (deps: Deps, actor: SystemActor): Promise<void> => {
  for (const service of feeServices) {
    if ((await deps.db.standardFee.count({ where: { serviceCode: service } })) > 0) continue
    const schedule = scheduleOf(
      demoFees[service].map(([from, sameBranch, ownBank, otherBank]) => ({
        from: yen(from),
        fees: { same_branch: yen(sameBranch), own_bank: yen(ownBank), other_bank: yen(otherBank) },
      })),
    )
    const made = await publishStandardFees(deps, actor, {
      service,
      effectiveOn: businessDayOf(deps.clock.now()),
      schedule,
    })
    if (!made.ok) throw new Error(`The standard fees of ${service} were refused: ${made.reason}`)
  }
}

/** The first version of an entrance's 利用規定, where it has none yet. */
const ensureTerms = async (
  deps: Deps,
  actor: SystemActor,
  slug: string,
  text: { textJa: string; textEn: string },
): Promise<void> => {
  if ((await deps.db.terms.count({ where: { entrance: { slug } } })) > 0) return
  const made = await publishTerms(deps, actor, slug, {
    ...text,
    mustAccept: true,
    effectiveAt: deps.clock.now(),
  })
  if (!made.ok) throw new Error(`The terms of ${slug} were refused: ${made.reason}`)
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
