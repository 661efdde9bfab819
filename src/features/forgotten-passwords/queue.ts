/** The queue of links that were asked for (B-15). */
export const resetQueue = 'password-reset'

/** Who asked for a link, for whom and from where, sealed: the ID may be a password that was typed into the wrong field. */
export type ResetJob = { sealed: string }
