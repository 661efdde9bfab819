import type { UserActor } from '../../kernel/actor.ts'
import { type Result, refuse } from '../../kernel/result.ts'
import { inTx, type Tx } from '../db/in-tx.ts'
import { keepOnce, type OwnPassword } from '../shown-once.ts'
import { asJson, type Draft, ownedBy, type Store } from './drafts.ts'

/** A secret that a commit makes, and whose password it is, by what the commit gave, where it is one person's. */
export type CommittedSecret = { value: string; whose?: ((result: unknown) => OwnPassword) | undefined }

/**
 * Flips the draft to committed and does what it was made for, in one transaction: of any number of submissions one
 * finds it open, the others wait for that one's end and get `draft.notOpen`. Nothing the person typed stays in the row;
 * a secret that was made for somebody, to be shown once, is kept under the draft's id as long as the draft is.
 */
export const commitDraft = <R extends string>(
  deps: Store,
  actor: UserActor,
  draft: Pick<Draft, 'id' | 'version'>,
  work: (tx: Tx) => Promise<Result<object, R>>,
  secret?: CommittedSecret,
): Promise<Result<object, R | 'draft.notOpen'>> =>
  inTx(deps, async (tx): Promise<Result<object, R | 'draft.notOpen'>> => {
    const now = deps.clock.now()
    const { count } = await tx.draft.updateMany({
      where: {
        id: draft.id,
        ...ownedBy(actor),
        state: 'open',
        version: draft.version,
        expiresAt: { gt: now },
      },
      data: {
        state: 'committed',
        committedAt: now,
        answers: {},
        sealedSecrets: null,
      },
    })
    if (count === 0) return refuse('draft.notOpen')
    const done = await work(tx)
    if (!done.ok) return done
    const { expiresAt: until } = await tx.draft.update({
      where: { id: draft.id },
      data: { result: asJson(done.value) },
      select: { expiresAt: true },
    })
    if (secret) {
      const of = secret.whose?.(done.value)
      const values = { secret: secret.value }
      await keepOnce(deps, tx, { id: draft.id, companyId: actor.companyId, values, until, ...(of && { of }) })
    }
    return done
  })
