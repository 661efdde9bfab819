import type { Values } from '../../platform/http/drafts.ts'
import type { Mistake } from '../../platform/http/mistake.ts'
import { isServiceAddress, longestAddress } from '../services/index.ts'
import { basisOf, type SignOnWanted } from './change.ts'
import type { ReadChange } from './form.change.ts'
import { paperFields, textIn } from './form.parts.ts'
import type { ContractRecord } from './queries.ts'

/** The fields of a contract of a service with single sign-on, in the order of the page. */
export const signOnFields: string[] = [
  'service',
  'loginUri',
  'redirectUris',
  'postLogoutRedirectUris',
  'backchannelLogoutUri',
  ...paperFields,
  'caseId',
  'basis',
]

export const mostAddresses = 10

const linesIn = (values: Values, field: string): string[] => [
  ...new Set(
    textIn(values, field)
      .split(/\r?\n/)
      .map(line => line.trim())
      .filter(line => line !== ''),
  ),
]

/** A service that may be contracted: entered by single sign-on, and not the company's yet. */
export type OfferedService = { code: string; nameJa: string; nameEn: string }

/** Reads the contract of a service with single sign-on (G-05): which, and the exact addresses it tells of itself. */
export const readSignOn = (
  values: Values,
  contract: ContractRecord,
  offered: readonly OfferedService[],
  { production }: { production: boolean },
): ReadChange<SignOnWanted> => {
  const mistakes: Mistake[] = []
  const service = offered.find(({ code }) => code === textIn(values, 'service'))
  if (!service) mistakes.push({ field: 'service', reason: 'contract.signOn.service' })
  const one = (field: string, needed: boolean): string | null => {
    const text = textIn(values, field).trim()
    if (text === '' && !needed) return null
    if (!isServiceAddress(text, production))
      mistakes.push({ field, reason: 'contract.signOn.address', params: { maximum: longestAddress } })
    return text
  }
  const several = (field: string, needed: boolean): string[] => {
    const lines = linesIn(values, field)
    if (
      (needed && lines.length === 0) ||
      lines.length > mostAddresses ||
      !lines.every(line => isServiceAddress(line, production))
    )
      mistakes.push({
        field,
        reason: 'contract.signOn.addresses',
        params: { most: mostAddresses, maximum: longestAddress },
      })
    return lines
  }
  const loginUri = one('loginUri', true)
  const redirectUris = several('redirectUris', true)
  const postLogoutRedirectUris = several('postLogoutRedirectUris', false)
  const backchannelLogoutUri = one('backchannelLogoutUri', false)
  if (!service || loginUri === null || mistakes.length > 0) return { mistakes }
  return {
    mistakes,
    wanted: {
      change: 'signOn',
      contractNumber: contract.contractNumber,
      basis: basisOf(contract),
      service: { code: service.code, nameJa: service.nameJa, nameEn: service.nameEn },
      loginUri,
      redirectUris,
      postLogoutRedirectUris,
      backchannelLogoutUri,
    },
  }
}
