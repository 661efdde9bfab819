export { closedUntil } from './queries.ts'
export { closedServices, isWithin, type ServiceWindow } from './window.ts'
