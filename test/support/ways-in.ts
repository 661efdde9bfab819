import type { PresetName } from '../../src/policy/policy.ts'
import { sql } from './database.ts'
import { demoOf } from './factors.ts'
import type { Portal } from './portal.ts'
import type { Page, Visitor } from './visitor.ts'

export type Role = 'administrator' | 'user'

/** Somebody before the login of their preset: `knock` types a password as often as they like. */
export type Caller = {
  visitor: Visitor
  /** The login page, asked for anew; what its form wants beside the password is filled in. */
  open(): Promise<Page>
  /** Types a password on the page that is open. */
  type(password: string, changed?: Record<string, string>): Promise<Page>
  /** Opens the page and types the right password. */
  enter(): Promise<Page>
}

const byPassword: readonly PresetName[] = ['sevenbank', 'prosrv', 'omakase']

/**
 * A person of a preset's demo company, by the first way in that takes no second factor: with the certificate where the
 * preset has one for them, by the portal's form otherwise. `password` where it is not the demo's any more.
 */
export const callerOf = async (
  portal: Portal,
  preset: PresetName,
  role: Role,
  password = demoOf(preset)[role].password,
): Promise<Caller> => {
  const { company, [role]: person } = demoOf(preset)
  const file = person.file?.replace('.p12', '')
  const certified = file !== undefined && !byPassword.includes(preset)
  const visitor = portal.visitor(certified ? await portal.identity(file) : undefined)
  const address = `${portal.settings.portalOrigin}/e/${preset}/login/${certified ? 'certificate' : 'password'}`
  const fields: Record<string, string> = {
    ...((preset === 'rokin' || !certified) && { loginId: person.loginId }),
    ...(preset === 'prosrv' && { contractNumber: company.contractNumber }),
  }
  const open = () => visitor.get(address)
  const type = (typed: string, changed: Record<string, string> = {}) =>
    visitor.post(visitor.page.path, { ...fields, password: typed, ...changed })
  return {
    visitor,
    open,
    type,
    enter: async () => {
      await open()
      return type(password)
    },
  }
}

/**
 * The same person at a browser that they have logged in with before: without a certificate, only what is typed there
 * counts towards their lock (B-07).
 */
export const ownerOf = async (
  portal: Portal,
  preset: PresetName,
  role: Role,
  password = demoOf(preset)[role].password,
): Promise<Caller> => {
  const caller = await callerOf(portal, preset, role, password)
  if (!byPassword.includes(preset)) return caller
  const { visitor } = caller
  await caller.enter()
  if (visitor.page.path === '/login/takeover') await visitor.post('/login/takeover')
  if (!visitor.page.text.includes('ログアウト'))
    throw new Error(`the ${role} of ${preset} is at ${visitor.page.path}: ${visitor.page.text}`)
  await visitor.post('/logout')
  return caller
}

/** Gives a visitor everything that the portal keeps in another's browser. */
export const sameBrowser = (from: Visitor, to: Visitor): void => {
  to.cookies.set('localhost', new Map(from.cookies.get('localhost')))
}

/** Someone of a preset's demo company at home, whatever session of theirs was open before. */
export const atHome = async (portal: Portal, preset: PresetName, role: Role): Promise<Visitor> => {
  const caller = await callerOf(portal, preset, role)
  await caller.enter()
  const { visitor } = caller
  if (visitor.page.path === '/login/takeover') await visitor.post('/login/takeover')
  if (visitor.page.path !== '/home')
    throw new Error(`the ${role} of ${preset} is at ${visitor.page.path}: ${visitor.page.text}`)
  return visitor
}

/** Types into an entrance's own form on the portal. */
export const typeAtPortal = async (
  portal: Portal,
  preset: PresetName,
  fields: Record<string, string>,
  visitor = portal.visitor(),
): Promise<Visitor> => {
  await visitor.get(`${portal.settings.portalOrigin}/e/${preset}/login/password`)
  await visitor.post(`/e/${preset}/login/password`, fields)
  return visitor
}

/** Ends what a test left open, and forgives what it guessed. */
export const startAfresh = (portal: Portal) =>
  sql(
    portal.database.ownerUrl,
    `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE ended_at IS NULL`,
    `UPDATE credential SET failures = 0, locked_at = NULL, locked_until = NULL, lock_count = 0, retry_after = NULL,
            stranger_failures = 0, stranger_retry_after = NULL, force_change = false`,
    `UPDATE "user" SET service_state = 'available' WHERE service_state = 'blocked'`,
    'DELETE FROM rate_window',
    'DELETE FROM known_browser',
  )
