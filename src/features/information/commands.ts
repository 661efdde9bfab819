import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { markRead, type PostingReader } from '../postings/index.ts'
import { InformationAcknowledged, InformationOpened } from './events.ts'
import { type Article, findArticle } from './queries.ts'

type Store = Pick<Deps, 'db' | 'clock' | 'ids'>

const entryOf = (actor: UserActor, { id, title }: Pick<Article, 'id' | 'title'>) => ({
  actor,
  companyId: actor.companyId,
  subject: { kind: 'posting', id, label: title },
  details: {},
})

/** Gives an article to its reader and marks it read, once (G-02). */
export const openArticle = (
  deps: Store,
  actor: UserActor,
  reader: PostingReader,
  id: string,
): Promise<Result<Article, 'information.notFound'>> =>
  inTx(deps, async tx => {
    const found = await findArticle(deps, tx, reader, id)
    if (!found.ok) return found
    if (!found.value.read && (await markRead(deps, tx, actor, id)))
      await audit.record(deps, tx, InformationOpened, entryOf(actor, found.value))
    return found
  })

/** Acknowledges an article that asks for it; doing so again changes nothing (G-02). */
export const acknowledgeArticle = (
  deps: Store,
  actor: UserActor,
  reader: PostingReader,
  id: string,
): Promise<Result<null, 'information.notFound'>> =>
  inTx(deps, async tx => {
    const found = await findArticle(deps, tx, reader, id)
    if (!found.ok) return found
    if (!found.value.mustAcknowledge) return refuse('information.notFound')
    await markRead(deps, tx, actor, id)
    const { count } = await tx.postingLook.updateMany({
      where: { postingId: id, companyId: actor.companyId, userId: actor.id, acknowledgedAt: null },
      data: { acknowledgedAt: deps.clock.now() },
    })
    if (count > 0) await audit.record(deps, tx, InformationAcknowledged, entryOf(actor, found.value))
    return ok(null)
  })
