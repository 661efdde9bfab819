/**
 * 操作履歴照会 (chapter F): the pages, what the helpdesk shows of a user, and the check of the chains. What gets into the
 * history is each feature's own business, through platform/audit.
 */

export { type ArchiveReport, archiveHistory } from './archive.ts'
export {
  continueExport,
  type ExportJob,
  exportQueue,
  removeOldExports,
} from './commands.exports.ts'
export { recordPrint } from './printed.ts'
export { type HistoryEntry, recentHistoryOf } from './queries.ts'
export { recordCountedRefusals, recordRefusal } from './refused.ts'
export { historyExportRoutes } from './routes.exports.ts'
export { bankHistoryRoutes } from './routes.helpdesk.ts'
export { historyRoutes } from './routes.user.ts'
export { streamHistory } from './stream.ts'
export { type VerificationReport, verifyHistory } from './verification.ts'
export { rowView } from './views.ts'
