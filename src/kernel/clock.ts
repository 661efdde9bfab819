/** The only source of the present: every deadline, window and expiry is reckoned from it. */
export type Clock = { now(): Date }

/** `date` moved by whole seconds; negative moves back. */
export const plusSeconds = (date: Date, seconds: number): Date => new Date(date.getTime() + seconds * 1000)

/** Whether a time that is exact to the second is over: that last second is still part of it. */
export const isOver = (last: Date, now: Date): boolean => now.getTime() >= last.getTime() + 1000

export const minute = 60
export const hour = 60 * minute
export const day = 24 * hour
