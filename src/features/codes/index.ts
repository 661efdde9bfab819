export { type CodePurpose, codeRules, readCode } from './code.ts'
export { liftCodeSuspensions } from './commands.suspension.ts'
export {
  type CodeIssueRefusal,
  type CodeRefusal,
  forgetProvedAddress,
  issueCode,
  redeemCode,
  voidCode,
} from './commands.ts'
export { CodeMail, CodeSuspensionMail } from './mails.ts'
export { isCodeAwaited } from './queries.ts'
