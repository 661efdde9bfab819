import { issueDirectly } from '../../src/features/certificates/index.ts'
import { createStaff, type NewStaff } from '../../src/features/staff/index.ts'
import { system } from '../../src/kernel/actor.ts'
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
  const pfx = await issueDirectly(portal.deps, actor, { staffId }, passphrase)
  return { staffId, visitor: portal.visitor({ pfx, passphrase }) }
}

/** Through the staff's entrance to wherever this password leads. */
export const logInAsStaff = async (
  portal: Portal,
  visitor: Visitor,
  password = demo.staffPassword,
): Promise<Visitor> => {
  await visitor.get(`${portal.settings.portalOrigin}/helpdesk/login/certificate`)
  await visitor.post('/helpdesk/login', { password })
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
