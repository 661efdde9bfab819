export { issueRecoveryCodes, type RecoveryRefusal, useRecoveryCode } from './commands.ts'
export { recoveryCodesLeft } from './queries.ts'
