import { issueDirectly } from '../../src/features/certificates/index.ts'
import { createStaff, type NewStaff } from '../../src/features/staff/index.ts'
import { system } from '../../src/kernel/actor.ts'
import { type Authenticator, scan } from './factors.ts'
import { demo, type Portal } from './portal.ts'
import type { Visitor } from './visitor.ts'

const passphrase = 'OfficersFile2026'

/** An officer of this role with a certificate of their own, at a browser. */
export const newOfficer = async (
  portal: Portal,
  role: NewStaff['role'],
  loginId: string,
): Promise<{ staffId: string; visitor: Visitor }> => {
  const actor = system('test')
  const made = await createStaff(portal.deps, actor, {
    loginId,
    name: `試験　${loginId}`,
    email: `${loginId}@bank.sekisho.example`,
    role,
    password: demo.staffPassword,
  })
  if (!made.ok) throw new Error(made.reason)
  const { staffId } = made.value
  return { staffId, visitor: await withNewCertificate(portal, staffId) }
}

/** The officer at a browser with another certificate, as the system administrator issues it. */
export const withNewCertificate = async (portal: Portal, staffId: string): Promise<Visitor> => {
  const pfx = await issueDirectly(portal.deps, system('test'), { staffId }, passphrase)
  return portal.visitor({ pfx, passphrase })
}

/** An officer's authenticator app, as the registration page filled it. */
type Token = { app: Authenticator; clock: Portal['clock']; used: Set<string> }
const tokens = new WeakMap<Portal['deps'], Map<string, Token>>()
const tokenOfVisitor = new WeakMap<Visitor, Token>()

const tokensOf = ({ deps }: Portal): Map<string, Token> => {
  const known = tokens.get(deps) ?? new Map<string, Token>()
  tokens.set(deps, known)
  return known
}

/** A code that the officer's app shows and that was not used yet; half a minute passes where this one was. */
export const freshCode = (officer: Visitor): string => {
  const token = tokenOfVisitor.get(officer)
  if (!token) throw new Error('this visitor has not logged in as an officer')
  while (token.used.has(token.app.code(token.clock.now()))) token.clock.move(30)
  const code = token.app.last()
  token.used.add(code)
  return code
}

/** What an officer proves anew at an approval and before a secret (H-01): works once. */
export const proofOf = (officer: Visitor): { officerPassword: string; oneTimePassword: string } => ({
  officerPassword: demo.staffPassword,
  oneTimePassword: freshCode(officer),
})

/** Through the registration of a one-time password, if the login leads there; by name, for a later login elsewhere. */
export const passRegistration = async (portal: Portal, visitor: Visitor, loginId: string): Promise<void> => {
  if (visitor.page.path === '/helpdesk/otp/registration') {
    const token: Token = { app: scan(visitor), clock: portal.clock, used: new Set() }
    tokensOf(portal).set(loginId, token)
    tokenOfVisitor.set(visitor, token)
    await visitor.post('/helpdesk/otp/registration/check', { oneTimePassword: freshCode(visitor) })
    return
  }
  const known = tokensOf(portal).get(loginId)
  if (known) tokenOfVisitor.set(visitor, known)
}

/** Through the staff's entrance to wherever this password leads; registers a one-time password where one is asked for. */
export const logInAsStaff = async (
  portal: Portal,
  visitor: Visitor,
  password = demo.staffPassword,
): Promise<Visitor> => {
  await visitor.get(`${portal.settings.portalOrigin}/helpdesk/login/certificate`)
  const loginId = /行員番号\s+([\w.-]+)/.exec(visitor.page.text)?.[1] ?? ''
  await visitor.post('/helpdesk/login', { password })
  await passRegistration(portal, visitor, loginId)
  return visitor
}

/** An officer of this role at the console. */
export const officerAtWork = async (
  portal: Portal,
  role: NewStaff['role'],
  loginId: string,
): Promise<Visitor> => {
  const { visitor } = await newOfficer(portal, role, loginId)
  await logInAsStaff(portal, visitor)
  if (visitor.page.path !== '/helpdesk/home')
    throw new Error(`${loginId} is at ${visitor.page.path}: ${visitor.page.text}`)
  return visitor
}
