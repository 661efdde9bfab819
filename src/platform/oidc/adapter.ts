import { createHash } from 'node:crypto'
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { Clock } from '../../kernel/clock.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import type { Db } from '../db/client.ts'
import { inPortions } from '../db/portions.ts'

type World = { db: Db; clock: Clock }

/** Only hashes of what opens something are stored: a stolen database redeems no code. */
const keyOf = (id: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash('sha256').update(id).digest())

/**
 * Keeps one kind of what the OpenID provider remembers in PostgreSQL, so that a restart loses nothing and two copies of the
 * program agree. A code is used up by one conditional statement: of two at once, one comes too late, and takes with it
 * what the other has got (RFC 6749, 4.1.2).
 */
export const artifactAdapter = ({ db, clock }: World, model: string): Adapter => {
  const whole = (payload: Prisma.JsonValue, consumedAt: Date | null, id?: string): AdapterPayload => ({
    ...(payload as AdapterPayload),
    ...(id !== undefined && { jti: id }),
    ...(consumedAt && { consumed: Math.floor(consumedAt.getTime() / 1000) }),
  })
  const revokeGrant = async (grantId: string): Promise<void> => {
    await db.oidcArtifact.deleteMany({
      where: { OR: [{ grantId }, { model: 'Grant', keyHash: keyOf(grantId) }] },
    })
  }
  return {
    upsert: async (id, { jti: _opens, ...payload }, seconds) => {
      const row = {
        payload: payload as Prisma.InputJsonObject,
        uid: payload.uid ?? null,
        grantId: payload.grantId ?? null,
        expiresAt: plusSeconds(clock.now(), seconds ?? 3_600),
      }
      await db.oidcArtifact.upsert({
        where: { model_keyHash: { model, keyHash: keyOf(id) } },
        create: { model, keyHash: keyOf(id), ...row },
        update: row,
      })
    },
    find: async id => {
      const row = await db.oidcArtifact.findFirst({
        where: { model, keyHash: keyOf(id), expiresAt: { gt: clock.now() } },
      })
      return row ? whole(row.payload, row.consumedAt, id) : undefined
    },
    findByUid: async uid => {
      const row = await db.oidcArtifact.findFirst({ where: { model, uid, expiresAt: { gt: clock.now() } } })
      return row ? whole(row.payload, row.consumedAt) : undefined
    },
    // No device ever types a code here.
    findByUserCode: () => Promise.resolve(undefined),
    consume: async id => {
      const { count } = await db.oidcArtifact.updateMany({
        where: { model, keyHash: keyOf(id), consumedAt: null },
        data: { consumedAt: clock.now() },
      })
      if (count === 1) return
      const late = await db.oidcArtifact.findUnique({
        where: { model_keyHash: { model, keyHash: keyOf(id) } },
        select: { grantId: true },
      })
      if (late?.grantId) await revokeGrant(late.grantId)
      throw new errors.InvalidGrant('it was used already')
    },
    destroy: async id => {
      await db.oidcArtifact.deleteMany({ where: { model, keyHash: keyOf(id) } })
    },
    revokeByGrantId: async grantId => {
      await db.oidcArtifact.deleteMany({ where: { model, grantId } })
    },
  }
}

/** Until when something is kept; undefined where it is not. */
export const endOfArtifact = async (db: Db, model: string, id: string): Promise<Date | undefined> => {
  const row = await db.oidcArtifact.findUnique({
    where: { model_keyHash: { model, keyHash: keyOf(id) } },
    select: { expiresAt: true },
  })
  return row?.expiresAt
}

/** Removes what has run out; gives how much. */
export const removeExpiredArtifacts = ({ db, clock }: World): Promise<number> => {
  const where = { expiresAt: { lte: clock.now() } }
  return inPortions(limit => db.oidcArtifact.deleteMany({ where, limit }))
}
