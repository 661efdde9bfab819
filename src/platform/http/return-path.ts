const origin = 'https://portal.invalid'

/**
 * The path to go back to, or `/` for anything that is not a plain path of this site:
 * `//elsewhere`, `/\elsewhere` and tabs inside are parsed as other hosts by browsers.
 */
export const safePath = (path: unknown): string => returnPath(path) ?? '/'

/** The same, with undefined where there is nowhere to go back to. */
export const returnPath = (path: unknown): string | undefined => {
  if (typeof path !== 'string' || !path.startsWith('/') || path.length > 2000) return undefined
  for (const character of path)
    if (character <= ' ' || character === '\\' || character === '\u007f') return undefined
  if (!URL.canParse(path, origin)) return undefined
  const target = new URL(path, origin)
  return target.origin === origin && !target.pathname.startsWith('//')
    ? target.pathname + target.search
    : undefined
}

/** Where a login is to lead (`next`, in the address or the form): a path of ours, or nowhere in particular (B-12). */
export const wantedReturn = (source: unknown): string | undefined => {
  const { next } = (source ?? {}) as { next?: unknown }
  return typeof next === 'string' && next.length <= 500 ? returnPath(next) : undefined
}

/** `?next=…`, or nothing: carried along by every link on the way through a login. */
export const returnQuery = (returnTo: string | undefined): string =>
  returnTo ? `?next=${encodeURIComponent(returnTo)}` : ''
