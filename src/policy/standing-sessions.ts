import type { LoginRule, LoginWay } from './policy.ts'
import { factorsAtLogin } from './second-factor.ts'

const wayBy = (login: LoginRule, byCertificate: boolean): LoginWay | undefined =>
  login.ways.find(way => (way.certificate !== 'none') === byCertificate)

/** Whether who came in under one policy might have under another: by a way that it has, behind a certificate that says as much. */
export const sameWayIn = (before: LoginRule, after: LoginRule, byCertificate: boolean): boolean => {
  const [old, next] = [wayBy(before, byCertificate), wayBy(after, byCertificate)]
  // Behind any certificate of the company, there need not be the user's own.
  return next !== undefined && (old?.certificate !== 'reaches-site' || next.certificate === 'reaches-site')
}

/**
 * Whether a session that began under one policy might have begun under another: by a way in that it still has, and with a
 * second factor that it would take, where it asks for one.
 */
export const wouldStillOpen = (before: LoginRule, after: LoginRule, byCertificate: boolean): boolean => {
  if (!sameWayIn(before, after, byCertificate)) return false
  const wanted = factorsAtLogin(after, byCertificate)
  const given = factorsAtLogin(before, byCertificate)
  return wanted.length === 0 || (given.length > 0 && given.every(kind => wanted.includes(kind)))
}
