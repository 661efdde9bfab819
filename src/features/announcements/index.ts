export { markSeen } from './commands.ts'
export { announcementPart } from './part.ts'
export {
  type Announcement,
  announcementsFrom,
  announcementsSql,
  type FoundAnnouncements,
} from './queries.ts'
export { announcementEditorRoutes } from './routes.helpdesk.ts'
export { announcementView, closedWords } from './views.ts'
