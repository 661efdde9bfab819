import { X509Certificate } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import { findCrl } from './crl.ts'

/** PEM texts for a front: whose certificates count, the way up to their roots, and the newest list of each issuer. */
export type FrontTrust = { issuers: string[]; authorities: string[]; revocationLists: string[] }

const pemOf = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der)
    .toString('base64')
    .replace(/(.{64})(?!$)/g, '$1\n')}\n-----END ${label}-----\n`

/** What nginx and the program behind it go by (C-14): every issuing authority, the retired ones too. */
export const frontTrust = async (deps: Pick<Deps, 'db'>): Promise<FrontTrust> => {
  const rows = await deps.db.issuer.findMany({
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    select: { id: true, certificateDer: true, chainDer: true },
  })
  const issuers = rows.map(row => new X509Certificate(row.certificateDer).toString())
  const above = rows.flatMap(row => row.chainDer.map(der => new X509Certificate(der).toString()))
  // nginx asks for a list of each authority on the way up, the roots' too.
  const roots = await deps.db.issuerRoot.findMany({ orderBy: { createdAt: 'asc' }, select: { id: true } })
  const lists = await Promise.all([...rows, ...roots].map(({ id }) => findCrl(deps, id)))
  return {
    issuers,
    authorities: [...new Set([...issuers, ...above])],
    revocationLists: lists.flatMap(list => (list ? [pemOf('X509 CRL', list.der)] : [])),
  }
}
