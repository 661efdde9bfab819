import { hash } from 'node:crypto'

/** As many as a program asks in the usual course of things; those of lists of every length are beyond counting. */
const mostNames = 2_000
const names = new Map<string, string>()

/** A name for a statement, the same each time: PostgreSQL then parses and plans it once a connection. */
export const statementName = (sql: string): string => {
  const known = names.get(sql)
  if (known) return known
  const name = hash('sha256', sql, 'base64url')
  if (names.size >= mostNames) names.clear()
  names.set(sql, name)
  return name
}
