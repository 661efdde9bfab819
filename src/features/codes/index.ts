export { type CodePurpose, codeRules, readCode } from './code.ts'
export { type CodeRefusal, issueCode, redeemCode, voidCode } from './commands.ts'
export { CodeMail } from './mails.ts'
