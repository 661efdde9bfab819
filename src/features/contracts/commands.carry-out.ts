import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import type { BusinessDay } from '../../kernel/business-day.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { accountLimitKinds, type CompanyLimitKind, serviceOfLimit } from '../company/index.ts'
import { endContracts } from '../services/index.ts'
import { reviewDayFrom } from '../two-officers/index.ts'
import type { CeilingChange, CompanyCeilingChanges, Extension, Reduction } from './change.ts'
import { eraseClientSecrets } from './commands.sign-on.ts'
import type { NewAccount } from './contract.ts'
import { entriesOf, extensionDetails, reductionDetails } from './details.ts'
import { ContractExtended, ContractReduced } from './events.ts'
import { bankServices, type ContractRecord } from './queries.ts'

const entryOf = (actor: StaffActor, contract: ContractRecord) => ({
  actor,
  companyId: contract.id,
  subject: { kind: 'company', id: contract.id, label: contract.name },
})

/** Carries out what gives a company more, or another name, in the transaction of its approval. Limits begin at 0. */
export const extend = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  contract: ContractRecord,
  wanted: Extension,
  { caseId, reason, formReceivedOn }: { caseId: string; reason: string; formReceivedOn: BusinessDay | null },
): Promise<void> => {
  const companyId = contract.id
  // Whoever edits 企業情報 meanwhile is told (D-12).
  await tx.company.update({
    where: { id: companyId },
    data: {
      version: { increment: 1 },
      ...(wanted.name && { name: wanted.name.after }),
      ...(wanted.nameKana && { nameKana: wanted.nameKana.after }),
    },
  })
  const services = (await bankServices(tx)).filter(({ code }) => wanted.services.includes(code))
  await tx.companyService.createMany({
    data: services.map(({ code, approval }) => ({
      companyId,
      serviceCode: code,
      approval: approval && 'single',
    })),
  })
  await setCompanyCeilings(tx, companyId, wanted.ceilings)
  await setAccountCeilings(tx, companyId, wanted)
  for (const account of wanted.accounts) await openAccount(deps, tx, companyId, account)
  for (const details of entriesOf(extensionDetails(wanted)))
    await audit.record(deps, tx, ContractExtended, {
      ...entryOf(actor, contract),
      details: { caseId, caseReason: reason, formReceivedOn, ...details },
    })
}

const setCompanyCeilings = async (
  tx: Tx,
  companyId: string,
  ceilings: CompanyCeilingChanges,
): Promise<void> => {
  for (const [name, { after }] of Object.entries(ceilings) as [CompanyLimitKind, CeilingChange][]) {
    const [kind, serviceCode, ceiling] = [name, serviceOfLimit(name), BigInt(after)]
    await tx.companyLimit.upsert({
      where: { companyId_serviceCode_kind: { companyId, serviceCode, kind } },
      create: { companyId, serviceCode, kind, amount: 0n, ceiling },
      update: { ceiling },
    })
  }
}

const setAccountCeilings = async (
  tx: Tx,
  companyId: string,
  { accountCeilings }: Pick<Extension, 'accountCeilings'>,
): Promise<void> => {
  for (const { id: accountId, ceilings } of accountCeilings)
    for (const kind of accountLimitKinds) {
      const change = ceilings[kind]
      if (!change) continue
      const ceiling = BigInt(change.after)
      await tx.accountLimit.upsert({
        where: { companyId_accountId_kind: { companyId, accountId, kind } },
        create: { companyId, accountId, kind, amount: 0n, ceiling },
        update: { ceiling },
      })
    }
}

/** A new account, or one that the company had before: nobody may use it until an administrator says who. */
const openAccount = async (
  deps: Deps,
  tx: Tx,
  companyId: string,
  { branchCode, branchName, kind, number, ceilings }: NewAccount,
): Promise<void> => {
  const where = { companyId_branchCode_kind_number: { companyId, branchCode, kind, number } }
  const { id: accountId } = await tx.account.upsert({
    where,
    create: { id: deps.ids.next(), companyId, branchCode, branchName, kind, number, memo: '' },
    update: { branchName, closedAt: null },
    select: { id: true },
  })
  for (const limit of accountLimitKinds) {
    const ceiling = BigInt(ceilings[limit])
    await tx.accountLimit.upsert({
      where: { companyId_accountId_kind: { companyId, accountId, kind: limit } },
      create: { companyId, accountId, kind: limit, amount: 0n, ceiling },
      update: { amount: 0n, ceiling },
    })
  }
}

/**
 * Carries out what takes away, in the transaction of its case (H-04): permissions, limits and usable accounts go with what
 * ends, each user whom it touches is another version of themselves (D-12), and who is in a service that ended is out of it.
 * Approvers are not counted: the bank's own acts are not held up by a lack of them (decision 54).
 */
export const reduce = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  contract: ContractRecord,
  wanted: Reduction,
  { caseId, reason }: { caseId: string; reason: string },
): Promise<void> => {
  const companyId = contract.id
  const now = deps.clock.now()
  await tx.company.update({ where: { id: companyId }, data: { version: { increment: 1 } } })
  await setCompanyCeilings(tx, companyId, wanted.ceilings)
  await setAccountCeilings(tx, companyId, wanted)
  const ofServices = { companyId, serviceCode: { in: wanted.services } }
  const ofAccounts = { companyId, accountId: { in: wanted.accounts.map(({ id }) => id) } }
  const usersTouched = await tx.$executeRaw`
    UPDATE "user" u SET version = version + 1
     WHERE u.company_id = ${companyId}::uuid
       AND (EXISTS (SELECT FROM user_permission p WHERE p.company_id = u.company_id AND p.user_id = u.id
                       AND p.service_code = ANY(${wanted.services}))
         OR EXISTS (SELECT FROM user_account a WHERE a.company_id = u.company_id AND a.user_id = u.id
                       AND a.account_id = ANY(${ofAccounts.accountId.in}::uuid[])))`
  await tx.userPermission.deleteMany({ where: ofServices })
  await tx.userLimit.deleteMany({ where: ofServices })
  await tx.companyLimit.deleteMany({ where: ofServices })
  await tx.companyService.deleteMany({ where: ofServices })
  await tx.userAccount.deleteMany({ where: ofAccounts })
  await tx.account.updateMany({
    where: { companyId, id: ofAccounts.accountId, closedAt: null },
    data: { closedAt: now },
  })
  await eraseClientSecrets(
    tx,
    companyId,
    wanted.signOn.map(({ code }) => code),
  )
  const serviceSessionsEnded = await endContracts(deps, tx, companyId, {
    signOn: wanted.signOn.map(({ code }) => code),
    business: wanted.services,
  })
  for (const details of entriesOf(reductionDetails(wanted)))
    await audit.record(deps, tx, ContractReduced, {
      ...entryOf(actor, contract),
      details: {
        caseId,
        caseReason: reason,
        reviewDueOn: reviewDayFrom(now),
        usersTouched,
        serviceSessionsEnded,
        ...details,
      },
    })
}
