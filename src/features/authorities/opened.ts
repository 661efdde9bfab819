import type { Deps } from '../../deps.ts'
import type { IssuerKind } from '../../generated/prisma/enums.ts'
import type { CertificateAuthority } from '../../platform/ca/ca.ts'
import { cfsslCa } from '../../platform/ca/cfssl-ca.ts'
import { embeddedCa } from '../../platform/ca/embedded-ca.ts'
import { read } from '../../platform/db/read.ts'
import type { SecretBox } from '../../platform/secret-box.ts'
import { externalServer } from './external.ts'

/** Opened authorities by id, for each secret box: a row's certificate and key never change. */
const opened = new WeakMap<SecretBox, Map<string, CertificateAuthority>>()

/** The authority that signs for users or staff now: the newest one that has begun to and is not retired. */
export const authorityFor = async (
  deps: Pick<Deps, 'db' | 'clock' | 'secretBox' | 'settings'>,
  kind: IssuerKind,
): Promise<CertificateAuthority> => {
  const now = deps.clock.now()
  const [row] = await read<{ id: string }>(deps.db)`
    SELECT id FROM issuer
     WHERE kind = ${kind}::issuer_kind AND (retired_at IS NULL OR retired_at > ${now}::timestamptz)
       AND (signs_from IS NULL OR signs_from <= ${now}::timestamptz)
     ORDER BY created_at DESC LIMIT 1`
  if (!row) throw new Error(`There is no issuing authority for ${kind}: ensureIssuers has not run`)
  return authorityOf(deps, row.id)
}

/** The authority of a row, also when it has been retired since: what it has prepared it must be able to sign. */
export const authorityOf = async (
  deps: Pick<Deps, 'db' | 'secretBox' | 'settings'>,
  id: string,
): Promise<CertificateAuthority> => {
  const known = opened.get(deps.secretBox) ?? new Map<string, CertificateAuthority>()
  opened.set(deps.secretBox, known)
  const authority = known.get(id)
  if (authority) return authority
  const { backend, certificateDer, sealedKey } = await deps.db.issuer.findUniqueOrThrow({ where: { id } })
  const fresh =
    backend === 'cfssl'
      ? cfsslCa({ id, certificateDer, server: await externalServer(deps.settings) })
      : embeddedCa({ id, certificateDer, sealedKey: sealedKey ?? nothing(id), secretBox: deps.secretBox })
  known.set(id, fresh)
  return fresh
}

const nothing = (id: string): never => {
  throw new Error(`The authority ${id} has no key here`)
}
