export { personalInformationRoutes } from './routes.user.ts'
