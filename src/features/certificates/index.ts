export { type Standing, standingOf } from './certificate.ts'
export {
  findPresented,
  markUsed,
  type PresentedRefusal,
  type PresentedStaff,
  type PresentedUser,
} from './presented.ts'
