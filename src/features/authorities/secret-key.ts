import type { Deps } from '../../deps.ts'
import { openCaKey } from '../../platform/ca/embedded-ca.ts'
import type { SecretBox } from '../../platform/secret-box.ts'

type Sealed = { id: string; sealedKey: Uint8Array }

/** One of the authorities' keys in the database, sealed by the secret key; undefined before the first start. */
export const someSealedKey = async ({ db }: Pick<Deps, 'db'>): Promise<Sealed | undefined> => {
  const wanted = { where: { sealedKey: { not: null } }, select: { id: true, sealedKey: true } }
  const found = (await db.issuer.findFirst(wanted)) ?? (await db.issuerRoot.findFirst(wanted))
  return found?.sealedKey ? { id: found.id, sealedKey: found.sealedKey } : undefined
}

/** Whether the secret key at hand is the one that this database's keys were sealed with. */
export const opens = (secretBox: SecretBox, { id, sealedKey }: Sealed): boolean => {
  try {
    openCaKey(secretBox, id, sealedKey)
    return true
  } catch {
    return false
  }
}
