import type { OwnPart } from '../postings/index.ts'
import type { Service } from '../services/index.ts'
import { storeWindows } from './commands.ts'
import type { WrittenWindow } from './forms.ts'

/** What an announcement has of its own: its maintenance windows, of services or of other systems (G-01). */
export const announcementPart = (
  services: readonly Service[],
  windows: readonly WrittenWindow[],
): OwnPart => ({
  columns: {},
  store: (tx, postingId) => storeWindows(tx, postingId, windows),
  details: {
    windows: windows.map(({ serviceCode, systemName, startsAt, endsAt }) => ({
      system: services.find(({ code }) => code === serviceCode)?.name ?? systemName,
      windowStart: startsAt.toISOString(),
      windowEnd: endsAt.toISOString(),
    })),
  },
})
