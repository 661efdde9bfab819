export { keepLanguageOfMails } from './commands.language.ts'
export { personalInformationRoutes } from './routes.user.ts'
