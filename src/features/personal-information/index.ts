export { writtenNumber } from './phone.ts'
export { personalInformationRoutes } from './routes.user.ts'
