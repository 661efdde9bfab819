import { access, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Deps } from '../deps.ts'
import { ensureIssuers } from '../features/authorities/index.ts'
import { issueDirectly } from '../features/certificates/index.ts'
import { createMaster } from '../features/company/index.ts'
import { createContractFrom, readContractFile } from '../features/contracts/index.ts'
import type { Holder } from '../features/passwords/index.ts'
import { createStaff, mayBeFirst, type NewStaff, unlockStaff } from '../features/staff/index.ts'
import { system } from '../kernel/actor.ts'
import type { Refusal } from '../kernel/result.ts'
import { createTranslations } from '../platform/i18n.ts'
import { randomPassword } from '../platform/random.ts'
import { StartError } from '../platform/start-error.ts'
import { type PasswordRule, policyOf, staffPolicy } from '../policy/policy.ts'

type Say = (line: string) => void

/** What the commands of the first people share. */
export type FirstPeople = { deps: Deps; say: Say }

const locales = join(import.meta.dirname, '..', '..', 'locales')
const actor = system('command line')

/** The words of a refusal for a terminal, which is the operator's and no customer's: in English. */
const refused = ({ reason, params }: Refusal): StartError => {
  const t = createTranslations({ root: locales, onMissingKey: (_language, key) => key })('en')
  return new StartError(t(`reasons.${reason}`, params))
}

/** A password that keeps the rule, to be read from the terminal once and typed once. */
const passwordFor = (rule: PasswordRule): string => {
  const symbol = rule.contains.includes('symbol') ? '-' : ''
  const length = Math.min(Math.max(rule.minimum, 16), rule.maximum) - symbol.length
  return randomPassword(length) + symbol
}

/** Before anything is done: a certificate whose file could not be written would be lost to its holder. */
const placeFor = async (name: string, given?: string): Promise<string> => {
  const path = resolve(given ?? `${name}.p12`)
  const taken = await access(path).then(
    () => true,
    () => false,
  )
  if (taken) throw new StartError(`${path} exists already: move it away, or name another file with --file.`)
  return path
}

const handOver = async (
  { deps, say }: FirstPeople,
  person: { holder: Holder; loginId: string; password: string; path: string },
): Promise<void> => {
  const filePassword = randomPassword(16)
  const file = await issueDirectly(deps, actor, person.holder, filePassword)
  await writeFile(person.path, file, { mode: 0o600, flag: 'wx' })
  say(`  ID              ${person.loginId}`)
  say(`  password        ${person.password}`)
  say(`  certificate     ${person.path}`)
  say(`  file password   ${filePassword}`)
  say('  Neither password is shown again or kept: hand them over apart from the file, in two ways.')
}

export type StaffOptions = { name: string; mail: string; role: NewStaff['role']; file?: string }

/**
 * `sekisho staff:create LOGIN_ID`: one of the bank's first two officers, who between them prepare and approve, with a password
 * and a certificate. Further ones are registered by two officers on the console, so that nobody with a terminal makes themselves a third (H-08).
 */
export const createFirstOfficer = async (
  first: FirstPeople,
  loginId: string,
  { name, mail, role, file }: StaffOptions,
): Promise<number> => {
  const { deps, say } = first
  const path = await placeFor(loginId, file)
  const may = await mayBeFirst(deps, role)
  if (!may.ok) throw refused(may)
  await ensureIssuers(deps)
  const password = passwordFor(staffPolicy.loginPassword)
  const made = await createStaff(deps, actor, { loginId, name, email: mail, role, password })
  if (!made.ok) throw refused(made)
  say(`✔ ${role} ${name}`)
  await handOver(first, { holder: { staffId: made.value.staffId }, loginId, password, path })
  return 0
}

/**
 * `sekisho staff:certificate LOGIN_ID`: the certificate of an officer whom two others have registered (H-08), or a new one
 * before the old one ends. Their password comes from the console, so that nobody holds both.
 */
export const issueOfficerCertificate = async (
  { deps, say }: FirstPeople,
  loginId: string,
  { file }: { file?: string },
): Promise<number> => {
  const path = await placeFor(loginId, file)
  const officer = await deps.db.staff.findFirst({
    where: { loginIdKey: loginId.toLowerCase(), state: 'active' },
    select: { id: true, name: true },
  })
  if (!officer) throw refused({ ok: false, reason: 'staff.notFound' })
  await ensureIssuers(deps)
  const filePassword = randomPassword(16)
  const pkcs12 = await issueDirectly(deps, actor, { staffId: officer.id }, filePassword)
  await writeFile(path, pkcs12, { mode: 0o600, flag: 'wx' })
  say(`✔ ${officer.name}`)
  say(`  certificate     ${path}`)
  say(`  file password   ${filePassword}`)
  say('  The password is not shown again or kept: hand it over apart from the file.')
  return 0
}

/** `sekisho company:create FILE`: a company's contract from a JSON file; the README shows one. */
export const createCompanyFrom = async ({ deps, say }: FirstPeople, file: string): Promise<number> => {
  const text = await readFile(file, 'utf8').catch(error => {
    throw new StartError(`${file} can't be read: ${error.message}`)
  })
  const contract = readContractFile(text)
  if (!contract.ok) throw new StartError(contract.mistakes.map(mistake => `${file}: ${mistake}`).join('\n'))
  const made = await createContractFrom(deps, actor, contract.value)
  if (!made.ok) throw refused(made)
  say(`✔ ${contract.value.contractNumber} ${contract.value.name}`)
  say(
    `  Its master comes next: sekisho master:create ${contract.value.contractNumber} LOGIN_ID --name … --mail …`,
  )
  return 0
}

export type MasterOptions = { name: string; mail: string; file?: string }

/** `sekisho master:create CONTRACT_NUMBER LOGIN_ID`: a company's administrator, with a password to be changed at once. */
export const createFirstMaster = async (
  first: FirstPeople,
  contractNumber: string,
  loginId: string,
  { name, mail, file }: MasterOptions,
): Promise<number> => {
  const { deps, say } = first
  const path = await placeFor(loginId, file)
  await ensureIssuers(deps)
  const company = await deps.db.company.findUnique({
    where: { contractNumber },
    select: {
      name: true,
      entrance: { select: { slug: true } },
      policies: { orderBy: { version: 'desc' }, take: 1 },
    },
  })
  const [given] = company?.policies ?? []
  if (!company || !given) throw refused({ ok: false, reason: 'company.notFound' })
  const policy = policyOf(given)
  const password = passwordFor(policy.loginPassword)
  const administrator = { loginId, name, email: mail, loginPassword: password, forceChange: true }
  const made = await createMaster(deps, actor, contractNumber, administrator)
  if (!made.ok) throw refused(made)
  say(`✔ ${company.name} ${name}`)
  if (policy.initialRegistration) {
    // The certificate comes after the registration, for it bears the login ID that the master chooses (B-16).
    say(`  ID                ${loginId}`)
    say(`  initial password  ${password}`)
    say(`  to register       ${deps.settings.portalOrigin}/e/${company.entrance.slug}/registration/master`)
    say('  The password is not shown again or kept: hand it over apart from the ID.')
    return 0
  }
  await handOver(first, { holder: made.value, loginId, password, path })
  return 0
}

/** `sekisho staff:unlock LOGIN_ID --reason …`: lets an officer in again whose password is locked (B-06, H-08). */
export const unlockOfficer = async (
  { deps, say }: FirstPeople,
  loginId: string,
  { reason, endToken = false }: { reason: string; endToken?: boolean },
): Promise<number> => {
  const done = await unlockStaff(deps, actor, loginId, reason, { endToken })
  if (!done.ok) throw refused(done)
  say(`✔ ${done.value.name}: unlocked, and written into the bank's history`)
  return 0
}
