export { type CodePurpose, codeRules } from './code.ts'
export { type CodeRefusal, issueCode, redeemCode, voidCode } from './commands.ts'
export { CodeMail } from './mails.ts'
