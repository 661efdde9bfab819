import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import type { JWK } from 'oidc-provider'
import type { Clock } from '../../kernel/clock.ts'
import { day, plusSeconds } from '../../kernel/clock.ts'
import type { Ids } from '../../kernel/ids.ts'
import type { Db } from '../db/client.ts'
import { inTx, type Tx } from '../db/in-tx.ts'
import type { SecretBox } from '../secret-box.ts'

type World = { db: Db; clock: Clock; ids: Ids; secretBox: SecretBox }

/** How long a key signs before the next takes its place. */
const signsForDays = 90
/** How long a new key is shown before it signs, and an old one after it has signed: services keep the list for a while. */
const shownDays = 1

/** Keys that are shown now, the one that signs first; `id` changes whenever the list does. */
export type SigningKeys = { id: string; keys: JWK[] }

const contextOf = (kid: string) => `oidc-key:${kid}`

const newKey = async ({ ids, secretBox }: World) => {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const kid = ids.next()
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' }
  return { kid, sealedJwk: new Uint8Array(secretBox.seal(JSON.stringify(jwk), contextOf(kid))) }
}

/** Programs that start together make one key, not two. */
const taking = (tx: Tx) => tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('oidc-key'))`

/** Knows the shown keys by the rows, at each call: opened once, again only when they have changed. */
export const signingKeys = (deps: World): (() => Promise<SigningKeys>) => {
  let known: SigningKeys = { id: '', keys: [] }
  return async () => {
    const now = deps.clock.now()
    const shown = () => deps.db.oidcKey.findMany({ orderBy: [{ signsFrom: 'desc' }, { kid: 'desc' }] })
    let rows = await shown()
    if (rows.length === 0) {
      await rotateSigningKeys(deps)
      rows = await shown()
    }
    // Where the only keys begin after our moment, another program's clock is ahead of ours: the oldest must do.
    const signs = rows.find(({ signsFrom }) => signsFrom <= now) ?? rows.at(-1)
    if (!signs) throw new Error('no key to sign with, though one was just made')
    const id = [signs, ...rows].map(({ kid }) => kid).join()
    if (known.id === id) return known
    const open = ({ kid, sealedJwk }: (typeof rows)[number]): JWK =>
      JSON.parse(deps.secretBox.open(sealedJwk, contextOf(kid)).toString('utf8'))
    known = { id, keys: [signs, ...rows.filter(({ kid }) => kid !== signs.kid)].map(open) }
    return known
  }
}

/**
 * Makes the first key, and the next one once the newest has signed for ninety days; takes away those whose successor has
 * signed for a day. Called every hour; says how many it made and took away.
 */
export const rotateSigningKeys = async (deps: World): Promise<{ made: number; removed: number }> => {
  const now = deps.clock.now()
  const newest = () => deps.db.oidcKey.findFirst({ orderBy: { signsFrom: 'desc' } })
  const isDue = (key: { signsFrom: Date } | null) =>
    !key || plusSeconds(key.signsFrom, signsForDays * day) <= now
  // The key is made before the lock is taken: it costs a moment.
  const made = isDue(await newest()) ? await newKey(deps) : undefined
  return inTx(deps, async tx => {
    await taking(tx)
    const rows = await tx.oidcKey.findMany({ orderBy: { signsFrom: 'desc' } })
    const [last = null] = rows
    if (made && isDue(last))
      await tx.oidcKey.create({
        data: { ...made, createdAt: now, signsFrom: last ? plusSeconds(now, shownDays * day) : now },
      })
    const gone = rows.filter((_, at) => {
      const successor = rows[at - 1]
      return successor && plusSeconds(successor.signsFrom, shownDays * day) <= now
    })
    await tx.oidcKey.deleteMany({ where: { kid: { in: gone.map(({ kid }) => kid) } } })
    return { made: made && isDue(last) ? 1 : 0, removed: gone.length }
  })
}
