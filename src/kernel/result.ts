/** An expected refusal is a value, never an exception: the reason is a code that `locales` puts into words. */
export type Refusal<R extends string = string> = {
  ok: false
  reason: R
  params?: Record<string, string | number>
}
export type Result<T, R extends string = string> = { ok: true; value: T } | Refusal<R>

export const ok = <T>(value: T): { ok: true; value: T } => ({ ok: true, value })

export const refuse = <R extends string>(reason: R, params?: Record<string, string | number>): Refusal<R> =>
  params ? { ok: false, reason, params } : { ok: false, reason }
