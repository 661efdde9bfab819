export { type Standing, standingOf } from './certificate.ts'
export { AcquisitionPasswordIssuedMail } from './mails.ts'
export {
  findPresented,
  markUsed,
  type PresentedRefusal,
  type PresentedStaff,
  type PresentedUser,
} from './presented.ts'
