import { toHalfWidth } from '../../kernel/width.ts'
import type { Values } from '../../platform/http/drafts.ts'
import type { Mistake } from '../../platform/http/mistake.ts'
import { policyOf } from '../../policy/policy.ts'
import { type CasePaper, deliveries, readEmail } from '../cases/index.ts'
import { companyLimitKinds, serviceOfLimit } from '../company/index.ts'
import type { Entrance } from '../entrances/index.ts'
import { readMobile } from '../factors/index.ts'
import { asksMobile, checkLoginId, checkName } from '../users/index.ts'
import {
  type CompanyCeilings,
  checkCompanyKana,
  checkCompanyName,
  checkContractNumber,
  type FirstUser,
  type Registration,
} from './contract.ts'
import {
  accountFields,
  accountRowsIn,
  ceilingField,
  halfIn,
  listIn,
  neededCompanyCeiling,
  paperFields,
  readAccounts,
  readContractPaper,
  textIn,
} from './form.parts.ts'

/** The fields of 企業の登録 in the order of the page, so that the summary of mistakes leads from top to bottom. */
export const registrationFields = (rows: number): string[] => [
  'contractNumber',
  'name',
  'nameKana',
  'entrance',
  'services',
  ...companyLimitKinds.map(ceilingField),
  'accountRows',
  ...accountFields(rows),
  'loginId',
  'userName',
  'email',
  'emailAgain',
  'mobile',
  'delivery',
  ...paperFields,
  'caseId',
]

export type ReadRegistration =
  | { mistakes: Mistake[]; registration?: undefined }
  | { mistakes: []; registration: Registration; paper: CasePaper }

/** Reads 企業の登録 (H-06): every mistake at once, or what is to be registered and the paper it stands on. */
export const readRegistration = (
  values: Values,
  entrances: readonly Pick<Entrance, 'slug' | 'preset'>[],
  services: readonly string[],
  now: Date,
): ReadRegistration => {
  const mistakes: Mistake[] = []
  const take = <T>(
    field: string,
    checked: { ok: true; value: T } | { ok: false; reason: string; params?: Mistake['params'] | undefined },
  ): T | undefined => {
    if (checked.ok) return checked.value
    mistakes.push({ field, reason: checked.reason, ...(checked.params && { params: checked.params }) })
    return undefined
  }
  const contractNumber = take('contractNumber', checkContractNumber(halfIn(values, 'contractNumber')))
  const name = take('name', checkCompanyName(textIn(values, 'name')))
  const nameKana = take('nameKana', checkCompanyKana(textIn(values, 'nameKana')))
  const entrance = entrances.find(({ slug }) => slug === textIn(values, 'entrance'))
  if (!entrance) mistakes.push({ field: 'entrance', reason: 'policy.entrance' })
  const chosen = listIn(values, 'services')
  const wanted = services.filter(code => chosen.includes(code))
  if (chosen.some(code => !services.includes(code)))
    mistakes.push({ field: 'services', reason: 'contract.service.unknown' })
  else if (wanted.length === 0) mistakes.push({ field: 'services', reason: 'contract.service.none' })
  const ceilings = readCeilings(values, wanted, mistakes)
  const accounts = readAccounts(values, mistakes)
  if (accounts.length === 0 && !mistakes.some(({ field }) => accountField.test(field)))
    mistakes.push({ field: 'branchCode-1', reason: 'contract.account.none' })
  const first = readFirstUser(values, entrance, mistakes)
  const { mistakes: ofPaper, paper } = readContractPaper(values, true, now)
  mistakes.push(...ofPaper)
  const delivery = deliveries.find(each => each === textIn(values, 'delivery'))
  if (!delivery) mistakes.push({ field: 'delivery', reason: 'case.deliveryUnchosen' })
  if (
    !contractNumber ||
    !name ||
    !nameKana ||
    !entrance ||
    !first ||
    !paper ||
    !delivery ||
    mistakes.length > 0
  )
    return { mistakes: inOrder(mistakes, registrationFields(accountRowsIn(values))) }
  const { slug, preset } = entrance
  return {
    mistakes: [],
    paper,
    registration: {
      contractNumber,
      name,
      nameKana,
      entrance: slug,
      preset,
      services: wanted,
      accounts,
      ceilings,
      first,
      delivery,
    },
  }
}

const accountField = /-\d+$/

/** As the fields stand on the page. */
export const inOrder = (mistakes: readonly Mistake[], fields: readonly string[]): Mistake[] =>
  mistakes.toSorted((one, other) => fields.indexOf(one.field) - fields.indexOf(other.field))

/** A ceiling for each limit of the services chosen; one for another service is a slip that would otherwise be lost. */
const readCeilings = (values: Values, services: readonly string[], mistakes: Mistake[]): CompanyCeilings => {
  const ceilings: CompanyCeilings = {}
  for (const kind of companyLimitKinds) {
    if (services.includes(serviceOfLimit(kind))) {
      const amount = neededCompanyCeiling(values, kind, mistakes)
      if (amount !== undefined) ceilings[kind] = amount
    } else if (textIn(values, ceilingField(kind)).trim() !== '')
      mistakes.push({ field: ceilingField(kind), reason: 'contract.ceiling.noService' })
  }
  return ceilings
}

/** Whom the bank registers first, by the rules of the preset chosen; undefined where anything is wrong. */
const readFirstUser = (
  values: Values,
  entrance: Pick<Entrance, 'preset'> | undefined,
  mistakes: Mistake[],
): FirstUser | undefined => {
  const before = mistakes.length
  const policy = entrance && policyOf({ preset: entrance.preset, overrides: {} })
  const loginId = halfIn(values, 'loginId')
  const id = checkLoginId(policy?.loginId ?? { shape: 'as-given' }, loginId)
  // By which rule the ID is judged, the entrance says: without one only a blank is wrong for certain.
  if (!id.ok && (policy || id.reason === 'user.loginId.blank'))
    mistakes.push({ field: 'loginId', reason: id.reason })
  const name = checkName(textIn(values, 'userName'))
  if (!name.ok)
    mistakes.push({ field: 'userName', reason: name.reason, ...(name.params && { params: name.params }) })
  const email = readEmail(
    { email: toHalfWidth(textIn(values, 'email')), emailAgain: toHalfWidth(textIn(values, 'emailAgain')) },
    mistakes,
  )
  const typed = textIn(values, 'mobile').trim()
  const mobile = typed === '' ? null : (readMobile(typed) ?? undefined)
  if (mobile === undefined) mistakes.push({ field: 'mobile', reason: 'mobile.unreadable' })
  // Where the company uses codes by SMS, nobody is registered who could not get one (B-18).
  else if (mobile === null && policy && asksMobile(policy))
    mistakes.push({ field: 'mobile', reason: 'mobile.required' })
  return mistakes.length === before && name.ok && mobile !== undefined
    ? { loginId, name: name.value, email, mobile }
    : undefined
}
