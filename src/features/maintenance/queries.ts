import type { Tx } from '../../platform/db/in-tx.ts'
import { type PostingReader, shownTo } from '../postings/index.ts'
import { closedServices } from './window.ts'

/**
 * Until when a service is closed for this reader now, by the お知らせ that they see; undefined while it is open. Home greys its
 * tile out by the same windows, and whoever comes another way is refused (G-01).
 */
export const closedUntil = async (
  db: Pick<Tx, 'maintenanceWindow'>,
  reader: PostingReader,
  serviceCode: string,
  now: Date,
): Promise<Date | undefined> => {
  const windows = await db.maintenanceWindow.findMany({
    where: { serviceCode, endsAt: { gt: now }, posting: shownTo(reader, 'announcement', now) },
    select: { serviceCode: true, startsAt: true, endsAt: true },
  })
  return closedServices(windows, now).get(serviceCode)
}
