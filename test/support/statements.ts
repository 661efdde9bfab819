import type { Deps } from '../../src/deps.ts'

type Database = Deps['db']

/** A database that tells what is asked of it: each operation, a raw one with its text, without its values. */
export const listeningDatabase = (db: Database): { db: Database; statements: string[] } => {
  const statements: string[] = []
  const listening = db.$extends({
    query: {
      $allOperations: ({ model, operation, args, query }) => {
        const raw = args as { strings?: readonly string[] } | undefined
        statements.push([model ?? '', operation, ...(raw?.strings ?? [])].join(' '))
        return query(args)
      },
    },
  })
  // What the extension adds is heard, not called: to its callers it is the database.
  return { db: listening as unknown as Database, statements }
}
