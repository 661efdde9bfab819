/**
 * When a system can't be used (G-01): from its first moment up to its last, which is no part of it. A window that ends at
 * 24:00 ends with the day.
 */
export type Window = { startsAt: Date; endsAt: Date }

/** Whether a moment lies in a window. */
export const isWithin = ({ startsAt, endsAt }: Window, now: Date): boolean => startsAt <= now && now < endsAt

/** A window of a service that has a tile, or of a system that has none. */
export type ServiceWindow = Window & { serviceCode: string | null }

/**
 * The services closed at a moment, each with when it opens again: windows that touch or overlap are one, for nobody is
 * told to come back at midnight where the next window begins (G-01).
 */
export const closedServices = (windows: readonly ServiceWindow[], now: Date): Map<string, Date> => {
  const closed = new Map<string, Date>()
  const inOrder = [...windows].sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime())
  for (const { serviceCode, startsAt, endsAt } of inOrder) {
    if (serviceCode === null || startsAt >= endsAt) continue
    const until = closed.get(serviceCode)
    if (until ? startsAt <= until && endsAt > until : isWithin({ startsAt, endsAt }, now))
      closed.set(serviceCode, endsAt)
  }
  return closed
}
