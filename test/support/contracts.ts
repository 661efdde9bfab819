import { businessDayOf } from '../../src/kernel/business-day.ts'
import { proofOf } from './officers.ts'
import type { Portal } from './portal.ts'
import type { Page, Visitor } from './visitor.ts'

type Fields = Record<string, string | string[]>

const hidden = (page: Page, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(page.html)?.[1] ?? ''

/** The paper on which a case about a contract stands. */
export const contractPaper = ({ clock }: Pick<Portal, 'clock'>): Fields => ({
  reasonText: '新しいご契約のため',
  formNumber: 'R8-1000',
  formReceivedOn: businessDayOf(clock.now()),
  sealChecked: 'on',
})

let accounts = 0
/** An account that no company of this test file has, on line `row` of a form. */
export const newAccount = (row = 1): Fields => ({
  [`branchCode-${row}`]: '２０１',
  [`branchName-${row}`]: '渋谷支店',
  [`kind-${row}`]: 'ordinary',
  [`number-${row}`]: String(9_000_000 + ++accounts),
  [`ceilingTotal-${row}`]: '100,000,000',
  [`ceilingEach-${row}`]: '50000000',
  [`ceilingPreregistered-${row}`]: '100000000',
})

/** A registration of a company at the entrance of a preset, as an officer fills it in. */
export const registrationOf = (
  portal: Pick<Portal, 'clock'>,
  preset: string,
  contractNumber: string,
  loginId: string,
): Fields => ({
  contractNumber,
  name: '株式会社試験工業',
  nameKana: 'ｶﾌﾞｼｷｶﾞｲｼｬｼｹﾝｺｳｷﾞｮｳ',
  entrance: preset,
  services: ['balance', 'transfer', 'bulk_transfer', 'history'],
  'ceiling-bulk_transfer': '500,000,000',
  accountRows: '1',
  ...newAccount(),
  loginId,
  userName: '最初　一郎',
  email: `first-${contractNumber}@shiken.sekisho.example`,
  emailAgain: `first-${contractNumber}@shiken.sekisho.example`,
  mobile: '',
  delivery: 'post',
  ...contractPaper(portal),
})

/**
 * Opens a form about a contract and sends it, confirm page and all; `page` says where it led: the case, or what stands in the
 * way. Gives the case's id.
 */
export const sendContractForm = async (
  officer: Visitor,
  address: string,
  fields: Fields,
): Promise<string> => {
  await officer.get(address)
  if (officer.page.status !== 200) return ''
  const filled = { ...fields, caseId: hidden(officer.page, 'caseId'), seen: hidden(officer.page, 'seen') }
  await officer.post(`${address}/confirmation`, filled)
  if (officer.page.status === 200) await officer.post(address, filled)
  return filled.caseId
}

export const registrationAddress = '/helpdesk/companies/registration'

/** Approves a prepared case about a contract, with the officer's proof. */
export const approveContract = async (officer: Visitor, caseId: string): Promise<Page> => {
  await officer.get(`/helpdesk/contract-cases/${caseId}`)
  return officer.post(`/helpdesk/contract-cases/${caseId}/approval`, proofOf(officer))
}

/** The secrets of a case, shown on the page once, by their kind. */
export const fetchContractSecrets = async (
  officer: Visitor,
  caseId: string,
): Promise<Record<string, string>> => {
  await officer.get(`/helpdesk/contract-cases/${caseId}`)
  await officer.post(`/helpdesk/contract-cases/${caseId}/secret`, proofOf(officer))
  return Object.fromEntries(
    [...officer.page.html.matchAll(/id="secret-(\w+)"[^>]*>([^<]+)</g)].map(([, kind = '', value = '']) => [
      kind,
      value.replaceAll('&amp;', '&'),
    ]),
  )
}
