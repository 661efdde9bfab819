import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { isId } from '../../kernel/ids.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import {
  type FoundPage,
  findPage,
  ownOf,
  type PageWanted,
  type PostingReader,
  pageOfPostingsSql,
  shownTo,
} from '../postings/index.ts'

export const readFilters = ['read', 'unread', 'any'] as const
export type ReadFilter = (typeof readFilters)[number]

/** A line of インフォメーション (G-02). */
export type ListedArticle = {
  id: string
  title: string
  publishAt: Date
  read: boolean
  /** It must be acknowledged, and has not been. */
  acknowledgementDue: boolean
}

type Wanted = PageWanted & { filter: ReadFilter }

const keptBy = {
  read: Prisma.sql`mine.read_at IS NOT NULL`,
  unread: Prisma.sql`mine.read_at IS NULL`,
  any: Prisma.sql`TRUE`,
}

/** A page of the articles this reader sees now, the latest first, by whether they have read them. */
export const articlesSql = (reader: PostingReader, now: Date, { filter, ...page }: Wanted): Prisma.Sql =>
  pageOfPostingsSql(
    'information',
    reader,
    now,
    {
      columns: Prisma.sql`p.id, p.title, p.publish_at AS "publishAt", mine.read_at IS NOT NULL AS read,
        p.must_acknowledge AND mine.acknowledged_at IS NULL AS "acknowledgementDue"`,
      mine: 'posting_look',
      kept: keptBy[filter],
      order: Prisma.sql`"publishAt" DESC, id DESC`,
    },
    page,
  )

export type FoundArticles = FoundPage<Omit<ListedArticle, 'publishAt'> & { publishAt: string }>

/** What `articlesSql` found. */
export const articlesFrom = ({
  total,
  lines,
}: FoundArticles): { articles: ListedArticle[]; total: number } => ({
  total,
  articles: lines.map(article => ({ ...article, publishAt: new Date(article.publishAt) })),
})

/** A page of the articles this reader sees now. */
export const listArticles = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  reader: PostingReader,
  wanted: Wanted,
): Promise<{ articles: ListedArticle[]; total: number }> =>
  articlesFrom(await findPage(db, articlesSql(reader, clock.now(), wanted)))

/** An article with what it follows and what follows it, as far as this reader sees them. */
export type Article = ListedArticle & {
  body: string
  sender: string
  mustAcknowledge: boolean
  follows: { id: string; title: string } | null
  followers: { id: string; title: string; publishAt: Date }[]
}

/** One article, if this reader sees it now; one for others, not yet or no longer shown is not there. */
export const findArticle = async (
  { clock }: Pick<Deps, 'clock'>,
  db: Tx,
  reader: PostingReader,
  id: string,
): Promise<Result<Article, 'information.notFound'>> => {
  const shown = shownTo(reader, 'information', clock.now())
  const row = isId(id)
    ? await db.posting.findFirst({
        where: { id, ...shown },
        select: {
          id: true,
          title: true,
          body: true,
          sender: true,
          publishAt: true,
          mustAcknowledge: true,
          followsId: true,
          looks: { where: ownOf(reader), select: { acknowledgedAt: true } },
          followers: {
            where: shown,
            orderBy: { publishAt: 'asc' },
            select: { id: true, title: true, publishAt: true },
          },
        },
      })
    : null
  if (!row) return refuse('information.notFound')
  const { looks, followsId, ...article } = row
  const follows = followsId
    ? await db.posting.findFirst({ where: { id: followsId, ...shown }, select: { id: true, title: true } })
    : null
  return ok({
    ...article,
    follows,
    read: looks.length > 0,
    acknowledgementDue: article.mustAcknowledge && !looks[0]?.acknowledgedAt,
  })
}

/** The oldest article that this reader must acknowledge before going on; null where there is none (G-02). */
export const dueArticle = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  reader: PostingReader,
): Promise<string | null> => {
  const row = await db.posting.findFirst({
    where: {
      ...shownTo(reader, 'information', clock.now()),
      mustAcknowledge: true,
      looks: { none: { ...ownOf(reader), acknowledgedAt: { not: null } } },
    },
    orderBy: [{ publishAt: 'asc' }, { id: 'asc' }],
    select: { id: true },
  })
  return row?.id ?? null
}

/** Whether anything must be acknowledged by anybody, now or later. */
export const asksAnybody = async (db: Tx, now: Date): Promise<boolean> =>
  (await db.posting.findFirst({
    where: { mustAcknowledge: true, withdrawnAt: null, OR: [{ endsAt: null }, { endsAt: { gt: now } }] },
    select: { id: true },
  })) !== null

/** The latest articles, for the bank's editor to say which one is followed. */
export const articlesToFollow = ({ db }: Pick<Deps, 'db'>) =>
  db.posting.findMany({
    where: { kind: 'information', withdrawnAt: null },
    orderBy: [{ publishAt: 'desc' }, { id: 'desc' }],
    take: 100,
    select: { id: true, title: true, publishAt: true, withdrawnAt: true },
  })

/** The article that another one follows, for the bank's editor, whatever has become of it; undefined where none is named. */
export const followedBy = async ({ db }: Pick<Deps, 'db'>, id: string) =>
  isId(id)
    ? ((await db.posting.findFirst({
        where: { id, kind: 'information' },
        select: { id: true, title: true, publishAt: true, withdrawnAt: true },
      })) ?? undefined)
    : undefined

/** Whether an article may follow that one: any shown or to be shown, and the one that it follows already (G-02). */
export const mayFollow = async ({ db }: Pick<Deps, 'db'>, id: string, follows: string): Promise<boolean> => {
  if (!isId(follows) || follows === id) return false
  const stored = isId(id) ? await db.posting.count({ where: { id, followsId: follows } }) : 0
  return (
    stored > 0 ||
    (await db.posting.count({ where: { id: follows, kind: 'information', withdrawnAt: null } })) > 0
  )
}
