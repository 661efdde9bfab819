import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { type BusinessDay, fromColumn } from '../../kernel/business-day.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { randomPassword } from '../../platform/random.ts'
import { keepOnce } from '../../platform/shown-once.ts'
import { loginIdScopeOf } from '../../policy/login-id.ts'
import { policyOf, usesAcquisitionPasswords } from '../../policy/policy.ts'
import type { CasePaper } from '../cases/index.ts'
import { companyLimitKinds, type NewContract, openCompany, serviceOfLimit } from '../company/index.ts'
import { makeTemporaryPassword } from '../passwords/index.ts'
import {
  type CaseHandling,
  fetchedUntil,
  type OpenedCase,
  openCase,
  recordCaseRefused,
} from '../two-officers/index.ts'
import { firstNeedOf, loginIdKey } from '../users/index.ts'
import { accountTaken, takeTurns } from './commands.accounts.ts'
import type { Registration } from './contract.ts'
import { FirstUserRegisteredMail } from './mails.ts'
import { findContractCase } from './queries.cases.ts'
import { bankServices } from './queries.ts'

export type RegistrationRefusal =
  | 'access.forbidden'
  | 'case.notFound'
  | 'case.openedOtherwise'
  | 'company.contractNumberTaken'
  | 'contract.account.taken'
  | 'contract.pending'
  | 'policy.entrance'
  | 'user.loginId.taken'

const registrationKind = 'company_registration' as const

/** The registration of a company as an officer asks for it; `sent`: all that the form says (`contentOf`). */
export type RegistrationRequest = {
  caseId: string
  registration: Registration
  paper: CasePaper
  sent: string
}

/**
 * Prepares the registration of a company for a second officer (H-06). The same form sent twice prepares once (`openCase`).
 * Refuses a contract number, an account or a login ID that is taken, and a contract number that another case waits for.
 */
export const prepareRegistration = (
  deps: Deps,
  actor: StaffActor,
  { caseId, registration, paper, sent }: RegistrationRequest,
): Promise<Result<OpenedCase, RegistrationRefusal>> =>
  openCase<null, RegistrationRefusal>(
    deps,
    actor,
    { caseId, kind: registrationKind, sent, about: {} },
    {
      action: 'case:open',
      hold: async tx => {
        await takeTurns(tx)
        return ok(null)
      },
      content: async tx => {
        const free = await checkFree(tx, registration)
        if (!free.ok) return free
        return ok({
          companyId: null,
          subject: { kind: 'company', id: caseId, label: registration.name },
          reason: paper.reason,
          paper,
          proposal: registration,
        })
      },
      taken: error =>
        isUniqueViolation(error, 'helpdesk_case_pending_contract') ? refuse('contract.pending') : undefined,
      refused: reason => recordCaseRefused(deps, actor, registrationKind, reason, { companyId: null }),
    },
  )

/** Whether what the bank gives only once is still to be had: at the form, and once more at the approval. */
const checkFree = async (
  tx: Tx,
  { contractNumber, accounts, first, entrance: slug, preset }: Registration,
): Promise<Result<null, RegistrationRefusal>> => {
  const entrance = await tx.entrance.findUnique({ where: { slug } })
  // The bank may have given the entrance another preset while the case waited.
  if (entrance?.preset !== preset) return refuse('policy.entrance')
  if ((await tx.company.count({ where: { contractNumber } })) > 0)
    return refuse('company.contractNumberTaken')
  const taken = await accountTaken(tx, accounts)
  if (taken) return refuse('contract.account.taken', { number: taken })
  const loginIdScope = loginIdScopeOf(policyOf({ preset, overrides: {} }).loginId, contractNumber)
  const named = await tx.user.count({ where: { loginIdScope, loginIdKey: loginIdKey(first.loginId) } })
  return named > 0 ? refuse('user.loginId.taken') : ok(null)
}

/** The first secrets of a company's first user, made before the transaction: hashing is slow (H-05). */
type FirstSecrets = {
  login: { kind: 'login' | 'initial'; password: string; hash: string; until: Date }
  acquisition: { password: string; hash: string; until: Date } | null
}

const makeFirstSecrets = async (deps: Deps, registration: Registration): Promise<FirstSecrets> => {
  const now = deps.clock.now()
  const { first, name, contractNumber, preset } = registration
  const policy = policyOf({ preset, overrides: {} })
  const owner = { loginId: first.loginId, name: first.name, ownWords: [first.email, name, contractNumber] }
  const { password, until } = makeTemporaryPassword(policy.loginPassword, owner, now)
  const acquisition = usesAcquisitionPasswords(policy) ? randomPassword() : null
  return {
    login: {
      kind: policy.initialRegistration ? 'initial' : 'login',
      password,
      until,
      hash: await deps.hasher.hash(password),
    },
    acquisition: acquisition
      ? {
          password: acquisition,
          until: plusSeconds(now, policy.acquisitionPassword.validSeconds),
          hash: await deps.hasher.hash(acquisition),
        }
      : null,
  }
}

/**
 * How the registration of a company is decided (H-06): exactly what was prepared is made, with its first user, whose first
 * passwords are sealed to be fetched once by one of the two officers. Limits begin at 0: the company sets them within its
 * ceilings; whatever may need approval begins with one approver.
 */
export const registrationHandling = async (
  deps: Deps,
  actor: StaffActor,
  caseId: string,
  approves: boolean,
): Promise<CaseHandling<object, null, RegistrationRefusal>> => {
  const found = approves ? await findContractCase(deps, actor, caseId) : undefined
  const registration = found?.registration
  const secrets = found?.state === 'prepared' && registration && (await makeFirstSecrets(deps, registration))
  return {
    kinds: ['company_registration'],
    hold: async tx => {
      await takeTurns(tx)
      return {}
    },
    carryOut: async (tx, _held, row) => {
      if (!secrets) return refuse('case.notFound')
      const wanted = row.proposal as Registration
      const free = await checkFree(tx, wanted)
      if (!free.ok) return free
      const opening = {
        caseId,
        caseReason: row.reason,
        preparedBy: row.preparedBy,
        ...(row.formReceivedOn && { formReceivedOn: fromColumn(row.formReceivedOn) }),
      }
      await register(deps, tx, actor, wanted, secrets, opening)
      return ok(null)
    },
    taken,
  }
}

/** The constraints have the last word where the command line or another company was first. */
const taken = (error: unknown): Refusal<RegistrationRefusal> | undefined => {
  if (isUniqueViolation(error, 'company_contract_number_key')) return refuse('company.contractNumberTaken')
  if (isUniqueViolation(error, 'user_login_id_scope_login_id_key_key')) return refuse('user.loginId.taken')
  return undefined
}

type Opening = { caseId: string; caseReason: string; preparedBy: string; formReceivedOn?: BusinessDay }

const register = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  wanted: Registration,
  { login, acquisition }: FirstSecrets,
  opening: Opening,
): Promise<void> => {
  const { caseId } = opening
  const now = deps.clock.now()
  const ids = { companyId: deps.ids.next(), administratorId: deps.ids.next() }
  const { mobile, ...first } = wanted.first
  const administrator = { ...first, ...(mobile && { mobile }), forceChange: true }
  const hashes = { login: login.hash, temporaryUntil: login.until }
  await openCompany(deps, tx, actor, ids, await contractOf(tx, wanted), { administrator, hashes }, opening)
  const holder = { companyId: ids.companyId, userId: ids.administratorId }
  if (acquisition)
    await tx.acquisitionPassword.create({
      data: {
        id: caseId,
        ...holder,
        hash: acquisition.hash,
        issuedAt: now,
        expiresAt: acquisition.until,
      },
    })
  await tx.helpdeskCase.update({ where: { id: caseId }, data: { companyId: ids.companyId } })
  // What a letter says of a password that ends at midnight: «until the 27th, 23:59:59».
  const goodThrough = plusSeconds(login.until, -1)
  await keepOnce(deps, tx, {
    id: caseId,
    companyId: ids.companyId,
    values: {
      kind: login.kind,
      password: login.password,
      until: goodThrough.toISOString(),
      ...(acquisition && {
        acquisition: acquisition.password,
        acquisitionUntil: acquisition.until.toISOString(),
      }),
    },
    of: { userId: holder.userId, opens: ['login', ...(acquisition ? (['acquisition'] as const) : [])] },
    until: fetchedUntil(now),
  })
  await outbox.put(deps, tx, FirstUserRegisteredMail, {
    ...holder,
    recipient: first.email,
    locale: 'ja',
    addressee: { company: wanted.name, name: first.name },
    params: {
      at: now,
      delivery: wanted.delivery,
      need: firstNeedOf(policyOf({ preset: wanted.preset, overrides: {} })),
    },
  })
}

/** The contract as the company's slice makes it. */
const contractOf = async (tx: Tx, wanted: Registration): Promise<NewContract> => {
  const services = (await bankServices(tx)).filter(({ code }) => wanted.services.includes(code))
  const entrance = await tx.entrance.findUniqueOrThrow({ where: { slug: wanted.entrance } })
  return {
    entrance,
    contractNumber: wanted.contractNumber,
    name: wanted.name,
    nameKana: wanted.nameKana,
    overrides: {},
    services: services.map(({ code, approval }) => ({ code, approval: approval && 'single' })),
    accounts: wanted.accounts.map(({ ceilings, ...account }) => ({
      ...account,
      memo: '',
      limits: { total: 0n, each: 0n, preregistered: 0n },
      ceilings: {
        total: BigInt(ceilings.total),
        each: BigInt(ceilings.each),
        preregistered: BigInt(ceilings.preregistered),
      },
    })),
    limits: companyLimitKinds.flatMap(kind => {
      const ceiling = wanted.ceilings[kind]
      return ceiling === undefined
        ? []
        : [{ service: serviceOfLimit(kind), kind, amount: 0n, ceiling: BigInt(ceiling) }]
    }),
  }
}
