export { type FirstHashes, openCompany } from './commands.opening.ts'
export {
  createCompany,
  createContract,
  createMaster,
  type NewAdministrator,
  type NewCompany,
  type NewCompanyRefusal,
  type NewContract,
  type NewMasterRefusal,
} from './commands.ts'
export { contractorsOf, succeedContractors } from './contractors.ts'
export {
  type AccountLimitKind,
  accountLimitDigits,
  accountLimitKinds,
  accountLimitProblems,
  type CompanyLimitKind,
  companyLimitDigits,
  companyLimitKinds,
  inForce,
  serviceOfLimit,
} from './limits.ts'
export { ContractorChangedMail } from './mails.ts'
export { companySettings } from './queries.ts'
export { companyAdministrationRoutes } from './routes.admin.ts'
export type { CompanySettings, Limit } from './settings.ts'
