/**
 * What a failed statement says about itself, wherever Prisma put it: in the error, in its cause, in the driver's error
 * that its `meta` holds, or in several at once.
 */
type Sign = { code?: unknown; kind?: unknown; originalCode?: unknown; message?: unknown; syscall?: unknown }

const signsOf = (error: unknown): Sign[] => {
  const signs: Sign[] = []
  const visit = (value: unknown, depth: number) => {
    if (typeof value !== 'object' || value === null || depth > 6) return
    const found = value as Sign & {
      cause?: unknown
      meta?: { driverAdapterError?: unknown }
      errors?: unknown[]
    }
    signs.push(found)
    visit(found.cause, depth + 1)
    visit(found.meta?.driverAdapterError, depth + 1)
    for (const inner of Array.isArray(found.errors) ? found.errors : []) visit(inner, depth + 1)
  }
  visit(error, 0)
  return signs
}

const has = (error: unknown, matches: (sign: Sign) => boolean): boolean => signsOf(error).some(matches)

const among =
  (...values: string[]) =>
  (value: unknown): boolean =>
    typeof value === 'string' && values.includes(value)

/** Serialization failure and deadlock: the same transaction, tried again, may succeed. */
const conflicts = among('40001', '40P01')

/** Whether a transaction failed only because another was in its way: at a statement, in a raw one, or at COMMIT. */
export const isConflict = (error: unknown): boolean =>
  has(
    error,
    ({ code, kind, originalCode }) =>
      code === 'P2034' || conflicts(code) || conflicts(originalCode) || kind === 'TransactionWriteConflict',
  )

const awayCodes = among(
  // the system: nobody listens, the way is cut
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'ENETUNREACH'],
  // PostgreSQL: shutting down, crashed, starting up, full, connection failures
  ...['57P01', '57P02', '57P03', '53300', '08000', '08001', '08003', '08004', '08006'],
  // Prisma: not reachable, timed out, closed, no connection free
  ...['P1001', 'P1002', 'P1008', 'P1017', 'P2024'],
)
const awayKinds = among('DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections')
const awayWords =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|not queryable|Client was closed|start a transaction in the given time/

/** Whether the database could not be asked at all: gone, starting, or without a connection to spare. Try again soon. */
export const isDatabaseAway = (error: unknown): boolean =>
  has(
    error,
    ({ code, kind, originalCode, message, syscall }) =>
      awayCodes(code) ||
      awayCodes(originalCode) ||
      awayKinds(kind) ||
      // A Unix socket that is not there, unlike a file that is not.
      (code === 'ENOENT' && syscall === 'connect') ||
      (typeof message === 'string' && (awayWords.test(message) || /connect ENOENT/.test(message))),
  )

const busyCodes = among('55P03', '57014', 'P2028')

/** Whether the database was asked but took too long: a lock, a statement or a transaction beyond its time. */
export const isDatabaseBusy = (error: unknown): boolean =>
  isConflict(error) || has(error, ({ code, originalCode }) => busyCodes(code) || busyCodes(originalCode))

/** Whether a user was refused because the contract of their company has ended meanwhile: the trigger says so (H-06). */
export const isOfEndedContract = (error: unknown): boolean =>
  has(error, ({ message, ...sign }) =>
    [message, (sign as { originalMessage?: unknown }).originalMessage].some(
      text => typeof text === 'string' && text.includes('the contract of the company has ended'),
    ),
  )

/**
 * Whether a row was refused because another like it exists. `constraint` is the name of the unique constraint or index
 * in the database; without it any one counts.
 */
export const isUniqueViolation = (error: unknown, constraint?: string): boolean => {
  const unique = has(
    error,
    ({ code, kind, originalCode }) =>
      code === 'P2002' ||
      code === '23505' ||
      originalCode === '23505' ||
      kind === 'UniqueConstraintViolation',
  )
  if (!unique || constraint === undefined) return unique
  // The server quotes the name in every language it speaks.
  return signsOf(error).some(sign =>
    [sign.message, (sign as { originalMessage?: unknown }).originalMessage].some(
      text => typeof text === 'string' && text.includes(`"${constraint}"`),
    ),
  )
}
