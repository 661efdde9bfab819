import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { PostingKind, PostingReader } from './posting.ts'
import { pageSize, shownToSql } from './queries.ts'

/** Which page of a list is asked for, and of how many lines where not of the usual ones. */
export type PageWanted = { page: number; size?: number }

/** What `pageOfPostingsSql` gives: dates come as texts, for it is JSON. */
export type FoundPage<Line> = { total: number; lines: Line[] }

type List = {
  /** Of `p` (posting) and `mine`. */
  columns: Prisma.Sql
  /** The table of what this reader has done with a posting, joined as `mine`. */
  mine: 'posting_look' | 'survey_answer'
  /** A condition on both. */
  kept: Prisma.Sql
  /** By the columns' names. */
  order: Prisma.Sql
}

/**
 * A page of what this reader sees now of a kind, with what they have done with each, and how many there are in all: one
 * value of JSON, for a statement that asks for more.
 */
export const pageOfPostingsSql = (
  kind: PostingKind,
  reader: PostingReader,
  now: Date,
  { columns, mine, kept, order }: List,
  { page, size = pageSize }: PageWanted,
): Prisma.Sql => Prisma.sql`(
  WITH found AS (
    SELECT ${columns}
      FROM posting p
      LEFT JOIN ${tables[mine]} mine
        ON mine.posting_id = p.id AND mine.company_id = ${reader.companyId}::uuid
       AND mine.user_id = ${reader.userId}::uuid
     WHERE ${shownToSql(reader, kind, now)} AND ${kept})
  SELECT json_build_object(
    'total', (SELECT count(*) FROM found),
    'lines', (SELECT coalesce(json_agg(page), '[]') FROM (
      SELECT * FROM found ORDER BY ${order} LIMIT ${size} OFFSET ${(page - 1) * size}) AS page)))`

const tables = {
  posting_look: Prisma.sql`posting_look`,
  survey_answer: Prisma.sql`survey_answer`,
}

/** What `pageOfPostingsSql` found, asked by itself. */
export const findPage = async <Line>(
  db: Pick<Tx, '$queryRaw'>,
  page: Prisma.Sql,
): Promise<FoundPage<Line>> => {
  const [row] = await db.$queryRaw<{ found: FoundPage<Line> }[]>`SELECT ${page} AS found`
  return row?.found ?? { total: 0, lines: [] }
}
