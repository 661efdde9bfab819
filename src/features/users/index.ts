export { type NewUser, type RegistrationRefusal, registerUser } from './commands.ts'
export { findUser, type ListedUser, listUsers, type UserRecord } from './queries.ts'
export { userAdministrationRoutes } from './routes.admin.ts'
