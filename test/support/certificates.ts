import { issueDirectly } from '../../src/features/certificates/index.ts'
import { storePassword } from '../../src/features/passwords/index.ts'
import { system } from '../../src/kernel/actor.ts'
import { inTx } from '../../src/platform/db/in-tx.ts'
import { sql } from './database.ts'
import { newUser } from './enrolment.ts'
import { hashOf } from './hashing.ts'
import type { Portal } from './portal.ts'
import { until } from './until.ts'
import type { Identity, Visitor } from './visitor.ts'

/** A user with a certificate in hand and a login password that needs no change for now. */
export type Enrolled = {
  id: string
  companyId: string
  loginId: string
  password: string
  identity: Identity
  certificateId: string
  fingerprint: string
  notAfter: Date
}

const passphrase = 'Torikomi2026'

/** A new user of the demo's company, or of another, with a certificate issued on the spot. */
export const enrolledUser = async (portal: Portal, contractNumber?: string): Promise<Enrolled> => {
  const { deps } = portal
  const made = await newUser(portal, contractNumber)
  const holder = { companyId: made.companyId, userId: made.id }
  const password = 'Honban2026x'
  const login = await hashOf(deps.hasher, password)
  const confirmation = await hashOf(deps.hasher, 'Kakunin2026x')
  const given = { forceChange: false, remembered: 2 }
  await inTx(deps, async tx => {
    await storePassword(deps, tx, holder, 'login_password', login, given)
    await storePassword(deps, tx, holder, 'confirmation_password', confirmation, given)
  })
  const pfx = await issueDirectly(deps, system('test'), holder, passphrase)
  const row = await deps.db.certificate.findFirstOrThrow({ where: { userId: made.id } })
  if (!row.fingerprint || !row.notAfter) throw new Error('the certificate is not signed')
  return {
    id: made.id,
    companyId: made.companyId,
    loginId: made.loginId,
    password,
    identity: { pfx, passphrase },
    certificateId: row.id,
    fingerprint: row.fingerprint,
    notAfter: row.notAfter,
  }
}

/** What the history tells of a user, in order. */
export const operationsOf = (portal: Portal, loginId: string) =>
  sql<{ operation: string; outcome: string; reason: string | null; details: string }>(
    portal.database.ownerUrl,
    `select operation, outcome::text, reason, details from history where subject_label = '${loginId}' order by seq`,
  )

/** From the waiting page on: waits for the file as a browser without JavaScript does, and downloads it. */
export const renewalOf = async (_portal: Portal, visitor: Visitor): Promise<Buffer> => {
  const address = visitor.page.path
  await until(async () => {
    const state = await visitor.get(`${address}/state`)
    if (state.status !== 200) throw new Error(`the waiting page says ${state.status}: ${state.text}`)
    return JSON.parse(state.html).done === true
  })
  await visitor.get(address)
  const file = await visitor.get(`${address}/file`)
  if (file.headers['content-type'] !== 'application/x-pkcs12') throw new Error(`no file: ${file.text}`)
  return file.body
}
