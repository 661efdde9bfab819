import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { ok, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { stateAfterBank, suspendedByBankFrom } from '../../policy/user-states.ts'
import { ContractorChangedMail, succeedContractors } from '../company/index.ts'
import { tellContactChanged } from '../factors/index.ts'
import { revokeToken } from '../otp/index.ts'
import { voidResetLinks } from '../passwords/index.ts'
import { endSessionsOf } from '../sessions/index.ts'
import { reviewDayFrom } from '../two-officers/index.ts'
import type { CustomerAct } from './case.ts'
import {
  ContractorAppointed,
  EmailCorrected,
  MobileCorrected,
  OtpRevocationCarriedOut,
  SessionsEnded,
  UserResumed,
  UserSuspended,
} from './events.ts'
import { AccessChangedMail } from './mails.ts'
import { addressOf, type CarryOut, caseDetails, entryOf, holderOf, type OpenCase } from './open-case.ts'

/**
 * Corrects a mail address by the paper form (H-03): nobody has proved the new one yet, so it is 未確認 until its owner types
 * a code. Both addresses are told, and a link that lies in the mailbox of before opens nothing any more (B-15, B-22).
 */
const correctEmail: CarryOut<'email_correction'> = async (deps, tx, actor, open) => {
  const { customer, proposal } = open
  const { email } = proposal
  if (email === null) throw new Error('a correction without an address')
  await tx.user.update({
    where: { companyId_id: { companyId: customer.companyId, id: customer.id } },
    data: { email, emailState: 'unverified', version: { increment: 1 } },
  })
  await voidResetLinks(deps, tx, holderOf(customer))
  await voidCodes(deps, tx, customer, 'mail')
  await tellContactChanged(deps, tx, {
    ...holderOf(customer),
    locale: customer.locale,
    addressee: { company: customer.companyName, name: customer.name },
    contact: 'email',
    emails: [customer.email, email],
    before: customer.email,
    after: email,
  })
  await audit.record(deps, tx, EmailCorrected, {
    ...entryOf(actor, customer),
    details: {
      ...caseDetails(open),
      before: { email: customer.email, emailState: customer.emailState },
      after: { email, emailState: 'unverified' },
    },
  })
  return ok(null)
}

/**
 * Corrects a mobile number that is gone (B-18, H-03): codes go to the new one, which its owner proves by the next of them. The
 * number and the address of before are told.
 */
const correctMobile: CarryOut<'mobile_correction'> = async (deps, tx, actor, open) => {
  const { customer, proposal } = open
  const { mobile } = proposal
  if (!mobile) throw new Error('a correction without a number')
  const before = customer.mobile ?? ''
  await tx.user.update({
    where: { companyId_id: { companyId: customer.companyId, id: customer.id } },
    data: { mobile, version: { increment: 1 } },
  })
  await voidCodes(deps, tx, customer, 'sms')
  await tellContactChanged(deps, tx, {
    ...holderOf(customer),
    locale: customer.locale,
    addressee: { company: customer.companyName, name: customer.name },
    contact: 'mobile',
    emails: [customer.email],
    before,
    after: mobile,
  })
  await audit.record(deps, tx, MobileCorrected, {
    ...entryOf(actor, customer),
    details: { ...caseDetails(open), before: { mobile: before }, after: { mobile } },
  })
  return ok(null)
}

/** A code on its way to where its owner is no more proves nothing. */
const voidCodes = async (
  deps: Deps,
  tx: Tx,
  customer: OpenCase['customer'],
  channel: 'mail' | 'sms',
): Promise<void> => {
  await tx.authenticationCode.updateMany({
    where: { ...holderOf(customer), channel, usedAt: null, voidedAt: null },
    data: { voidedAt: deps.clock.now() },
  })
}

/**
 * 契約者の変更 (D-14): the successor is the contractor from now on, and whoever was it before stays an administrator, whom the
 * successor manages. Both are told.
 */
const appointContractor: CarryOut<'contractor_appointment'> = async (deps, tx, actor, open) => {
  const { customer } = open
  if (customer.role === 'contractor') return refuse('customer.contractorAlready')
  await succeedContractors(deps, tx, actor, { companyId: customer.companyId, by: customer.loginId })
  await tx.user.update({
    where: { companyId_id: { companyId: customer.companyId, id: customer.id } },
    data: { role: 'contractor', version: { increment: 1 } },
  })
  await outbox.put(deps, tx, ContractorChangedMail, {
    ...addressOf(customer),
    params: { at: deps.clock.now(), change: 'appointed' },
  })
  await audit.record(deps, tx, ContractorAppointed, {
    ...entryOf(actor, customer),
    details: { ...caseDetails(open), before: { role: customer.role }, after: { role: 'contractor' } },
  })
  return ok(null)
}

/** The lost token of whom nobody of their company can help: its only administrator, a contractor (B-17, D-14, H-03). */
const revokeOtp: CarryOut<'otp_revocation'> = async (deps, tx, actor, open) => {
  const { customer } = open
  const revoked = await revokeToken(deps, tx, actor, {
    ...holderOf(customer),
    loginId: customer.loginId,
  })
  if (!revoked) return refuse('customer.noOtp')
  await audit.record(deps, tx, OtpRevocationCarriedOut, {
    ...entryOf(actor, customer),
    details: caseDetails(open),
  })
  return ok(null)
}

const tell = async (
  deps: Deps,
  tx: Tx,
  open: OpenCase,
  change: 'suspended' | 'resumed' | 'lifted' | 'ended',
): Promise<void> => {
  await outbox.put(deps, tx, AccessChangedMail, {
    ...addressOf(open.customer),
    params: { at: deps.clock.now(), change },
  })
}

const reviewed = (deps: Deps, actor: StaffActor, open: OpenCase, sessionsEnded: number) => ({
  ...entryOf(actor, open.customer),
  details: {
    caseId: open.caseId,
    caseReason: open.paper.reason,
    sessionsEnded,
    reviewDueOn: reviewDayFrom(deps.clock.now()),
  },
})

/** 利用停止 by the bank: the user can do nothing until the bank resumes them, whatever their company does (H-03, D-15). */
const suspend: CarryOut<'user_suspension'> = async (deps, tx, actor, open) => {
  const { customer } = open
  const suspended = suspendedByBankFrom(customer.serviceState)
  if (!suspended.ok) return refuse('customer.deleted')
  await tx.user.update({
    where: { companyId_id: { companyId: customer.companyId, id: customer.id } },
    data: { ...suspended.value, suspendedByBank: true, version: { increment: 1 } },
  })
  const sessionsEnded = await endSessionsOf(deps, tx, { userId: customer.id }, 'user')
  await tell(deps, tx, open, 'suspended')
  await audit.record(deps, tx, UserSuspended, reviewed(deps, actor, open, sessionsEnded))
  return ok(null)
}

/**
 * 利用再開: the bank's own 利用停止 ends, and nothing else: what the company had suspended is its administrators' to resume, a
 * 閉塞 or a lock is still there (decision 42).
 */
const resume: CarryOut<'user_resumption'> = async (deps, tx, actor, open) => {
  const { customer } = open
  const serviceState = stateAfterBank(customer.stateBeforeBank)
  const { count } = await tx.user.updateMany({
    where: { companyId: customer.companyId, id: customer.id, suspendedByBank: true },
    data: { serviceState, suspendedByBank: false, stateBeforeBank: null, version: { increment: 1 } },
  })
  if (count === 0) return refuse('customer.notSuspended')
  await tell(deps, tx, open, serviceState === 'available' ? 'resumed' : 'lifted')
  await audit.record(deps, tx, UserResumed, { ...entryOf(actor, customer), details: caseDetails(open) })
  return ok(null)
}

/** Ends every open session of a user: somebody may be at their computer. They can log in again at once. */
const endSessions: CarryOut<'session_end'> = async (deps, tx, actor, open) => {
  const sessionsEnded = await endSessionsOf(deps, tx, { userId: open.customer.id }, 'bank')
  if (sessionsEnded === 0) return refuse('customer.noSession')
  await tell(deps, tx, open, 'ended')
  await audit.record(deps, tx, SessionsEnded, reviewed(deps, actor, open, sessionsEnded))
  return ok(null)
}

export const carryOutUsers = {
  email_correction: correctEmail,
  mobile_correction: correctMobile,
  contractor_appointment: appointContractor,
  otp_revocation: revokeOtp,
  user_suspension: suspend,
  user_resumption: resume,
  session_end: endSessions,
} satisfies { [Act in CustomerAct]?: CarryOut<Act> }
