import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { atHome, typeAtPortal } from '../../../support/ways-in.ts'
import { newPerson } from './changing.ts'

/** What everybody of this company confirms with. */
export const confirmationPassword = 'Kakunin26'

export type SevenbankAtWork = Awaited<ReturnType<typeof sevenbankAtWork>>

/** The demo's company whose people log in without certificates, with its administrator at home. */
export const sevenbankAtWork = async () => {
  const portal: Portal = await openPortal({ presets: ['sevenbank'], generalUsers: false })
  const admin: Visitor = await atHome(portal, 'sevenbank', 'administrator')
  const { db } = portal.deps
  const { id: adminId, companyId } = await db.user.findFirstOrThrow({ where: { role: 'administrator' } })
  return {
    ...{ portal, admin, adminId, companyId },
    /** Somebody new, with these rights. */
    person: (role: 'user' | 'administrator' = 'user', permissions: string[] = []) =>
      newPerson(portal, companyId, role, { permissions }),
    logIn: ({ loginId, password }: { loginId: string; password: string }) =>
      typeAtPortal(portal, 'sevenbank', { loginId, password }),
    stored: (id: string) =>
      db.user.findUniqueOrThrow({
        where: { id },
        include: { permissions: true, accounts: true, limits: true, credentials: true },
      }),
    historyOf: (id: string, operation: string) =>
      db.history.findMany({ where: { subjectId: id, operation }, orderBy: { seq: 'asc' } }),
  }
}
