import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { businessDayOf, plusDays } from '../../../../src/kernel/business-day.ts'
import { casePaper } from '../../../support/cases.ts'
import { contractPaper, newAccount, registrationAddress, registrationOf } from '../../../support/contracts.ts'
import { newUser } from '../../../support/enrolment.ts'
import { textsOn, valueOn } from '../../../support/forms.ts'
import { logInAsStaff, newOfficer } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import { contractFor, newService } from '../../../support/services.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'

type Fields = Record<string, string | string[]>

let portal: Portal
let operator: Visitor
let shoko: string
let sevenbank: string
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'sevenbank'], generalUsers: false })
  operator = await logInAsStaff(portal, portal.visitor(await portal.identity('operator')))
  const idOf = async (contractNumber: string) =>
    (await portal.deps.db.company.findUniqueOrThrow({ where: { contractNumber } })).id
  shoko = await idOf('2004000000')
  sevenbank = await idOf('7001000000')
  // The service that one company has, and another asks for.
  await contractFor(portal, { contractNumber: '2004000000' })
})
afterAll(() => portal?.close())

/** A form about to be sent, from the page that a double click would be made on. */
type Form = { page: Page; address: string; fields: Fields; casePath: string; caseId: string }
type Kind = {
  name: string
  /** Opens a new form; `turn` makes one differ from the one before, where that one was carried out. */
  open: (turn: number) => Promise<Form>
  corrected: Fields
  /** The address of the same form about somebody else, where its address names whom it is about. */
  elsewhere?: (form: Form) => Promise<string>
  /** Done by one officer at once: nothing to take back. */
  alone?: true
}

const formOf = async (
  formPath: string,
  casePathOf: (caseId: string) => string,
  fieldsOf: (page: Page) => Fields,
  address = formPath,
): Promise<Form> => {
  const page = await operator.get(formPath)
  expect([formPath, page.status]).toEqual([formPath, 200])
  const caseId = valueOn(page, 'caseId')
  return { page, address, fields: { ...fieldsOf(page), caseId }, casePath: casePathOf(caseId), caseId }
}

const customerForm = async (act: string, fields: Record<string, string> = {}) => {
  const { id } = await newUser(portal)
  const address = `/helpdesk/users/${id}/${act}`
  return formOf(
    address,
    caseId => `/helpdesk/cases/${caseId}`,
    page => casePaper(portal, page, fields),
  )
}

const policyForm = (companyId: string, fields: Fields) =>
  formOf(
    `/helpdesk/companies/${companyId}/policy`,
    caseId => `/helpdesk/companies/${companyId}/policy-cases/${caseId}`,
    page => ({
      baseVersion: valueOn(page, 'baseVersion'),
      entrance: /<option value="([\w-]+)" selected>/.exec(page.html)?.[1] ?? '',
      reason: 'お申し出のため',
      ...fields,
    }),
  )

const contractForm = (noun: string, companyId: string, fields: Fields) =>
  formOf(
    `/helpdesk/companies/${companyId}/${noun}`,
    caseId => `/helpdesk/contract-cases/${caseId}`,
    page => ({
      basis: valueOn(page, 'basis'),
      ...textsOn(page),
      accountRows: '1',
      ...contractPaper(portal),
      ...fields,
    }),
  )

/** The form's address with another one's id in place of the one in it. */
const insteadOf =
  (kind: 'users' | 'companies' | 'officers', other: () => Promise<string> | string) =>
  async ({ address }: Form): Promise<string> =>
    address.replace(new RegExp(`(?<=/${kind}/)[0-9a-f-]{36}`), await other())

const aboutAnotherUser = insteadOf('users', async () => (await newUser(portal)).id)
const aboutSevenbank = insteadOf('companies', () => sevenbank)
const aboutShoko = insteadOf('companies', () => shoko)
const aboutAnotherOfficer = insteadOf('officers', async () => {
  const { id } = await portal.deps.db.staff.findFirstOrThrow({ where: { role: 'approver' } })
  return id
})

const officerCase = (caseId: string) => `/helpdesk/officers/cases/${caseId}`

const kinds: Kind[] = [
  {
    name: 'an act for a customer that gives access',
    open: () => customerForm('password-reset'),
    elsewhere: aboutAnotherUser,
    corrected: { formNumber: 'R8-0002' },
  },
  {
    name: 'an act for a customer that takes access away',
    open: () => customerForm('suspension', { reasonChoice: 'suspicion' }),
    elsewhere: aboutAnotherUser,
    corrected: { reasonText: '訂正した理由' },
    alone: true,
  },
  {
    name: 'a change of policy below the floor',
    open: () => policyForm(shoko, { passwordMinimum: '6' }),
    elsewhere: aboutSevenbank,
    corrected: { passwordMinimum: '7' },
  },
  {
    name: 'a stricter policy',
    open: turn => policyForm(sevenbank, { idleMinutes: String(14 - turn) }),
    elsewhere: aboutShoko,
    corrected: { lockFailures: '4' },
    alone: true,
  },
  {
    name: 'an extension of a contract',
    open: () => contractForm('contract-extension', shoko, newAccount()),
    elsewhere: aboutSevenbank,
    corrected: { 'number-1': '8000001' },
  },
  {
    name: 'a reduction of a contract',
    open: turn =>
      contractForm('contract-reduction', shoko, { 'ceiling-bulk_transfer': String(200_000_000 - turn) }),
    elsewhere: aboutSevenbank,
    corrected: { 'ceiling-bulk_transfer': '100000000' },
    alone: true,
  },
  {
    name: 'a service with single sign-on',
    open: () =>
      contractForm('service-contract', sevenbank, {
        service: 'cash',
        loginUri: 'https://service.example/login',
        redirectUris: 'https://service.example/callback',
        postLogoutRedirectUris: '',
        backchannelLogoutUri: '',
      }),
    elsewhere: aboutShoko,
    corrected: { loginUri: 'https://service.example/other' },
  },
  {
    name: 'a company’s registration',
    open: () =>
      formOf(
        registrationAddress,
        caseId => `/helpdesk/contract-cases/${caseId}`,
        () => registrationOf(portal, 'shoko', '2004000077', '2004000078'),
      ),
    corrected: { name: '株式会社訂正工業' },
  },
  {
    name: 'standard fees',
    open: () =>
      formOf(
        '/helpdesk/standard-fees/transfer',
        caseId => `/helpdesk/standard-fees/cases/${caseId}`,
        page => ({
          baseVersion: valueOn(page, 'baseVersion'),
          effectiveOn: plusDays(businessDayOf(portal.clock.now()), 1),
          'from-1': '1',
          'to-1': '',
          'same_branch-1': '0',
          'own_bank-1': '100',
          'other_bank-1': '300',
          reason: '料金改定のため',
          step: 'execute',
        }),
      ),
    corrected: { 'other_bank-1': '400' },
  },
  {
    name: 'a service on home',
    open: () =>
      formOf(
        '/helpdesk/services/registration',
        caseId => `/helpdesk/service-cases/${caseId}`,
        () => ({ ...newService, step: 'execute' }),
      ),
    corrected: { nameEn: 'Claims' },
  },
  {
    name: 'an officer’s registration',
    open: () =>
      formOf('/helpdesk/officers/registration', officerCase, () => ({
        loginId: 'nido1',
        name: '二度　試験',
        email: 'nido1@bank.sekisho.example',
        role: 'operator',
        reason: '増員のため',
      })),
    corrected: { role: 'editor' },
  },
  {
    name: 'an act about an officer',
    open: async turn => {
      const { staffId } = await newOfficer(portal, 'editor', `nido.act${turn}`)
      return formOf(
        `/helpdesk/officers/${staffId}`,
        officerCase,
        () => ({ act: 'staff_suspension', reason: '異動のため' }),
        `/helpdesk/officers/${staffId}/cases`,
      )
    },
    elsewhere: aboutAnotherOfficer,
    corrected: { act: 'staff_recovery' },
  },
  {
    name: 'the revocation of an officer’s certificates',
    open: async turn => {
      const { staffId } = await newOfficer(portal, 'editor', `nido.rev${turn}`)
      return formOf(`/helpdesk/officers/${staffId}/certificate-revocation`, officerCase, () => ({
        reason: '紛失のため',
      }))
    },
    elsewhere: aboutAnotherOfficer,
    corrected: { reason: '盗難のため' },
    alone: true,
  },
]

/** Sends all of these from the same page at the same moment. */
const sendAll = ({ page, address }: Form, bodies: readonly Fields[]): Promise<Page[]> => {
  operator.page = page
  const _csrf = operator.csrfToken() ?? ''
  return Promise.all(bodies.map(body => operator.post(address, { ...body, _csrf }, { follow: false })))
}

const send = async (form: Form, body: Fields): Promise<Page> => {
  const [answer] = await sendAll(form, [body])
  if (!answer) throw new Error('no answer')
  return answer
}

const answerOf = ({ status, headers }: Page) => [status, headers.location]

/** What came of a case: mails by recipient, and the entries of its opening. */
const effects = async (caseId: string) => {
  const opened = await portal.deps.db.history.findMany({
    where: {
      details: { contains: caseId },
      outcome: 'done',
      operation: { not: { startsWith: 'case.with' } },
    },
  })
  return { cases: await portal.deps.db.helpdeskCase.count({ where: { id: caseId } }), opened: opened.length }
}

const takeBack = async (form: Form) => {
  await operator.get(form.casePath)
  expect((await operator.post(`${form.casePath}/withdrawal`)).text).toContain('取り下げ')
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)

describe.each(kinds)('$name', ({ open, corrected, elsewhere, alone }) => {
  it('H-04 I-04 sent five times at once is one case, to which all five lead, and every later one', async () => {
    const form = await open(1)
    const mails = () => portal.deps.db.outboxMail.count({ where: { kind: { startsWith: 'case.' } } })
    const before = await mails()
    const answers = await sendAll(form, times(5, form.fields))
    for (const answer of answers) expect(answerOf(answer)).toEqual([303, form.casePath])
    expect(await effects(form.caseId)).toEqual({ cases: 1, opened: 1 })
    // One mail each to the officers who decide or review it, whoever they are.
    const told = (await mails()) - before
    const approvers = await portal.deps.db.staff.count({ where: { role: 'approver', state: 'active' } })
    expect([told, told <= approvers]).toEqual([told, true])
    if (!alone) await takeBack(form)
    // Back, and sent once more, whatever the case has become; in the other language, with a blank after a text.
    await operator.get(form.casePath)
    expect(answerOf(await send(form, { ...form.fields, _unused: '' }))).toEqual([303, form.casePath])
    const other = await send(form, { ...form.fields, ...corrected })
    expect(other.status).toBe(409)
    expect(other.html).toContain(`href="${form.casePath}"`)
    // About somebody else it is no repetition: whoever reads the page would take the case for theirs.
    if (elsewhere) {
      const astray = await send({ ...form, address: await elsewhere(form) }, form.fields)
      expect([404, 409, 422]).toContain(astray.status)
      expect(astray.text).toContain('手続きが見つかりません')
      expect(astray.html).not.toContain(form.casePath)
    }
    expect(await effects(form.caseId)).toEqual({ cases: 1, opened: 1 })
  })

  it('H-04 sent in two versions at once is one case, and the other version is told which', async () => {
    const form = await open(2)
    const versions = [form.fields, { ...form.fields, ...corrected }]
    const answers = await sendAll(form, [...versions, ...versions])
    const statuses = answers.map(({ status }) => status)
    expect([
      [303, 409, 303, 409],
      [409, 303, 409, 303],
    ]).toContainEqual(statuses)
    for (const answer of answers)
      if (answer.status === 409) expect(answer.html).toContain(`href="${form.casePath}"`)
      else expect(answer.headers.location).toBe(form.casePath)
    expect(await effects(form.caseId)).toEqual({ cases: 1, opened: 1 })
    if (!alone) await takeBack(form)
  })
})

it('A-03 H-06 a change of a company’s policy and one of its contract wait side by side', async () => {
  const policy = await policyForm(shoko, { passwordMinimum: '6' })
  const contract = await contractForm('contract-extension', shoko, newAccount())
  for (const form of [policy, contract])
    expect(answerOf(await send(form, form.fields))).toEqual([303, form.casePath])
  for (const form of [policy, contract]) await takeBack(form)
})
