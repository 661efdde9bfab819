/**
 * When the helpdesk is there to be called (H-07): hours, number and closed days as data that the bank edits, shown wherever
 * somebody is told to call. `helpdeskHours` reads them at most every half minute; `knownHours` gives what was read last.
 */
export { changeHours, type HoursRefusal } from './commands.ts'
export { answeringAt, type HelpdeskHours, isOpenDay } from './hours.ts'
export { helpdeskHours, knownHours } from './queries.ts'
export { helpdeskHoursRoutes } from './routes.helpdesk.ts'
export { keepHoursAtHand } from './routes.ts'
export { helpdeskNotice, hoursSentence } from './words.ts'
