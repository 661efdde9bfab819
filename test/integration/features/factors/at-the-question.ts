import { expect } from 'vitest'
import { sql } from '../../../support/database.ts'
import { passwordLogin, registerOtp } from '../../../support/factors.ts'
import type { Portal } from '../../../support/portal.ts'

/** Where a login waits for its second factor. */
export const address = '/login/second-factor'

/** Ends every session and forgets every token, and what the limits on logins have counted. */
export const forgetTokens = ({ database }: Portal) =>
  sql(
    database.ownerUrl,
    `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE ended_at IS NULL`,
    'DELETE FROM otp_token',
    'DELETE FROM rate_window',
  )

/** Registered, logged out, and back at the question for a code. */
export const atTheQuestion = async (portal: Portal, role: 'administrator' | 'user' = 'administrator') => {
  const app = await registerOtp(portal, await passwordLogin(portal, 'sevenbank', role))
  await sql(
    portal.database.ownerUrl,
    `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE ended_at IS NULL`,
  )
  portal.clock.move(30)
  const someone = await passwordLogin(portal, 'sevenbank', role)
  expect(someone.page.path).toBe(address)
  return { app, someone }
}

/** As many browsers at the question; the limits on logins are another test's. */
export const manyLogins = async (portal: Portal, role: 'administrator' | 'user', count: number) => {
  const visitors = []
  for (let made = 0; made < count; made++) {
    visitors.push(await passwordLogin(portal, 'sevenbank', role))
    await sql(portal.database.ownerUrl, 'DELETE FROM rate_window')
  }
  expect(visitors.every(each => each.page.path === address)).toBe(true)
  return visitors
}
