import { AccessChangedMail, PasswordReissuedMail } from '../features/cases/mails.ts'
import {
  AcquisitionPasswordIssuedMail,
  CertificateExpiredMail,
  CertificateExpiringMail,
  CertificateIssuedMail,
  CertificateRevokedMail,
} from '../features/certificates/mails.ts'
import { CodeMail, CodeSuspensionMail } from '../features/codes/index.ts'
import { ContractorChangedMail } from '../features/company/mails.ts'
import { ContractEndMail, FirstUserRegisteredMail } from '../features/contracts/mails.ts'
import { ContactChangedMail } from '../features/factors/mails.ts'
import { PasswordResetMail } from '../features/forgotten-passwords/index.ts'
import { OtpChangedMail } from '../features/otp/mails.ts'
import { PasskeyChangedMail } from '../features/passkeys/mails.ts'
import { BlockMail, LockMail, LockReleasedMail, PasswordChangedMail } from '../features/passwords/mails.ts'
import { RecoveryCodesMail } from '../features/recovery-codes/mails.ts'
import { OfficerChangedMail } from '../features/staff/mails.ts'
import { CaseWaitingMail, ReviewDueMail } from '../features/two-officers/mails.ts'
import {
  ChangeDecidedMail,
  ChangeRequestedMail,
  ServiceStateMail,
  UserChangedMail,
  UserRegisteredMail,
} from '../features/users/mails.ts'
import type { AnyMailKind } from '../platform/mail/mail-kind.ts'

/** Every kind of mail the portal sends. One that is missing here stays in the outbox, and the log says so. */
export const mailKinds: readonly AnyMailKind[] = [
  LockMail,
  BlockMail,
  LockReleasedMail,
  UserRegisteredMail,
  FirstUserRegisteredMail,
  UserChangedMail,
  ServiceStateMail,
  ChangeRequestedMail,
  ChangeDecidedMail,
  CertificateIssuedMail,
  CertificateRevokedMail,
  CertificateExpiredMail,
  CertificateExpiringMail,
  AcquisitionPasswordIssuedMail,
  PasswordChangedMail,
  PasswordReissuedMail,
  AccessChangedMail,
  ContractorChangedMail,
  ContractEndMail,
  PasswordResetMail,
  CodeMail,
  CodeSuspensionMail,
  OtpChangedMail,
  PasskeyChangedMail,
  RecoveryCodesMail,
  ContactChangedMail,
  CaseWaitingMail,
  ReviewDueMail,
  OfficerChangedMail,
]
