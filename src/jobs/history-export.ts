import type { Deps } from '../deps.ts'
import { continueExport, type ExportJob, exportQueue } from '../features/history/index.ts'
import type { Translations } from '../platform/i18n.ts'

/** Makes the files of the history that are too long to wait for, one at a time, in this program (F-01). */
export const startHistoryExports = (deps: Deps, translations: Translations): Promise<void> =>
  deps.jobs.work<ExportJob>(exportQueue, {}, ({ data }) => continueExport(deps, translations, data.exportId))
