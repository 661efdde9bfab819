export { createCompany, type NewCompany, type NewCompanyRefusal } from './commands.ts'
