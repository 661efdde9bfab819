import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { formatsOf } from '../../platform/formats.ts'
import { paginationOf } from '../../platform/http/pagination.ts'
import { user, userActor } from '../../platform/http/policy.ts'
import { returnQuery, wantedReturn } from '../../platform/http/return-path.ts'
import { type PostingReader, pageSize, paragraphsOf, readerOf } from '../postings/index.ts'
import { anybodyIsAsked } from './acknowledgement.ts'
import { acknowledgeArticle, openArticle } from './commands.ts'
import { dueArticle, listArticles, readFilters } from './queries.ts'
import { articleRow } from './views.ts'

const search = z.object({
  read: z.enum(readFilters).catch('any'),
  page: z.coerce.number().int().min(1).max(1_000_000).catch(1),
})

const base = '/information'

/** The reader of a request; undefined where nobody of a company has come in yet. */
const readerFor = ({ live }: FastifyRequest): PostingReader | undefined =>
  live?.company && live.actor.kind === 'user' ? readerOf(live.actor, live.company) : undefined

const certainReader = (request: FastifyRequest): PostingReader => {
  const reader = readerFor(request)
  if (!reader) throw new Error(`${request.routeOptions.url} is reached without a company`)
  return reader
}

/** The address of the article that the holder of this session must acknowledge before going on; undefined where there is none (G-02). */
export const articleInTheWay = async (deps: Deps, request: FastifyRequest): Promise<string | undefined> => {
  const reader = request.live?.stage === 'open' ? readerFor(request) : undefined
  const due = reader && (await anybodyIsAsked(deps)) ? await dueArticle(deps, reader) : null
  return due ? `${base}/${due}` : undefined
}

/**
 * Leads whoever must acknowledge an article to it before any other page (G-02). What is sent by a form is taken: it is
 * the page after it that waits.
 */
const askBeforeGoingOn = (app: FastifyInstance, deps: Deps): void => {
  app.addHook('preHandler', async (request, reply) => {
    const { policy, screen, file } = request.routeOptions.config
    if (request.method !== 'GET' || policy?.audience !== 'user' || !policy.stages.includes('open')) return
    if (!screen || file || request.routeOptions.url?.startsWith(base)) return
    const article = await articleInTheWay(deps, request)
    if (article) return reply.redirect(article + returnQuery(request.url), 303)
  })
}

/** インフォメーション (G-02): the list by what has been read, an article, and its acknowledgement. */
export const informationRoutes = (app: FastifyInstance, deps: Deps): void => {
  askBeforeGoingOn(app, deps)

  app.get(base, { config: { policy: user(), screen: 'INF001' } }, async (request, reply) => {
    const { t } = request
    const { read, page } = search.parse(request.query)
    const { articles, total } = await listArticles(deps, certainReader(request), { filter: read, page })
    return reply.page('information/list', {
      screen: 'INF001',
      title: t('information.title'),
      values: { read },
      filters: readFilters.map(value => ({ value, text: t(`information.filters.${value}`) })),
      rows: articles.map(article => articleRow({ t, formats: formatsOf(request.language) }, article)),
      pagination: paginationOf(
        { total, page, size: pageSize },
        number => `${base}?${new URLSearchParams({ read, page: String(number) })}`,
      ),
    })
  })

  type Params = { Params: { id: string } }
  const config = { policy: user(), screen: 'INF002' }

  app.get<Params>(`${base}/:id`, { config }, async (request, reply) => {
    const { t } = request
    const actor = userActor(request)
    const found = await openArticle(deps, actor, certainReader(request), request.params.id)
    if (!found.ok) return reply.refuse(found)
    const article = found.value
    const formats = formatsOf(request.language)
    const next = wantedReturn(request.query)
    return reply.page('information/article', {
      screen: 'INF002',
      title: article.title,
      facts: t('information.facts', { at: formats.dateTime(article.publishAt), sender: article.sender }),
      paragraphs: paragraphsOf(article.body),
      due: article.acknowledgementDue,
      acknowledged: article.mustAcknowledge && !article.acknowledgementDue,
      follows: article.follows,
      followers: article.followers.map(each => ({
        href: `${base}/${each.id}`,
        text: t('information.follower', { at: formats.dateTimeCompact(each.publishAt), title: each.title }),
      })),
      action: `${base}/${article.id}/acknowledgement`,
      next: next ?? '',
    })
  })

  app.post<Params>(`${base}/:id/acknowledgement`, { config }, async (request, reply) => {
    const reader = certainReader(request)
    const done = await acknowledgeArticle(deps, userActor(request), reader, request.params.id)
    return done.ok ? reply.redirect(wantedReturn(request.body) ?? '/home', 303) : reply.refuse(done)
  })
}
