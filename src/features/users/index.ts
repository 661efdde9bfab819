export { administratorsRevoke } from './certificate-revocation.ts'
export { type NewUser, type RegistrationRefusal, registerUser, stillManages } from './commands.ts'
export { accountWords, certificateWords } from './details.ts'
export { UserRegistered } from './events.ts'
export { asksMobile, basicForm } from './forms.ts'
export { firstNeedOf, needOf, UserRegisteredMail } from './mails.ts'
export { reachOf } from './managing.ts'
export { keysOf, limitedServices, type MatrixService, offeredTo, permissionKey } from './matrix.ts'
export {
  listUsers,
  longestSearch,
  selecting,
  sortColumns,
  type UserSearch,
  type UserSelection,
} from './queries.list.ts'
export { countWaiting, type FoundToDecide, toDecideSql } from './queries.requests.ts'
export {
  type CompanyAccount,
  certificateFact,
  certificateFacts,
  companyAccounts,
  contractOf,
  findUser,
  type ListedUser,
  serviceMatrix,
  type UserRecord,
} from './queries.ts'
export { userAdministrationRoutes } from './routes.admin.ts'
export { userChangeRoutes } from './routes.changes.ts'
export { lockAdministrationRoutes } from './routes.locks.ts'
export { otpAdministrationRoutes } from './routes.otp.ts'
export { passkeyAdministrationRoutes } from './routes.passkeys.ts'
export { certificateRevocationRoutes } from './routes.revocation.ts'
export {
  accountSearchOf,
  accountsAsked,
  accountsAtOnce,
  partsOf,
  type ShownAccounts,
  shownAccounts,
} from './shown-accounts.ts'
export {
  checkLimit,
  checkLoginId,
  checkName,
  type GrantableRole,
  type LoginIdRefusal,
  loginIdKey,
  longestName,
  type NameRefusal,
} from './user.ts'
