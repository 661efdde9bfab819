export { type Announcement, announcementsFor } from './queries.ts'
export { announcementEditorRoutes } from './routes.helpdesk.ts'
export { announcementView, closedWords } from './views.ts'
export { closedServices } from './window.ts'
