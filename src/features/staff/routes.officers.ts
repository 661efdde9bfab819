import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { isId } from '../../kernel/ids.ts'
import { type Refusal, refuse } from '../../kernel/result.ts'
import { contentOf } from '../../platform/http/form-content.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { readerOf } from '../../platform/reader.ts'
import { can } from '../../policy/can.ts'
import {
  type CaseParams,
  casePageRoutes,
  decisionOf,
  nobodyApproves,
  openedOtherwisePage,
  secretRoutes,
  secretView,
} from '../two-officers/index.ts'
import { staffHandling } from './carry-out.ts'
import {
  prepareStaffCase,
  type StaffCaseRefusal,
  type StaffCaseWanted,
  showStaffPassword,
} from './commands.cases.ts'
import { officerActs, officerRoles } from './officer.ts'
import { findOfficer, findStaffCase, listOfficers } from './queries.ts'
import { revocationHref } from './routes.revocation.ts'
import { certificatesTable, officerRows, officersHref, officersTable, staffCaseRows } from './views.ts'

type OfficerParams = { Params: { staffId: string } }

const typed = z.string().catch('')
const registration = z.object({
  caseId: typed,
  loginId: typed,
  name: typed,
  email: typed,
  role: z.enum(officerRoles).or(z.undefined()).catch(undefined),
  reason: typed,
})
const actForm = z.object({
  caseId: typed,
  act: z.enum(officerActs).or(z.undefined()).catch(undefined),
  role: z.enum(officerRoles).or(z.undefined()).catch(undefined),
  certificates: z.literal('revoked').or(z.undefined()).catch(undefined),
  reason: typed,
})

const fieldOf: Partial<Record<StaffCaseRefusal, string>> = {
  'staff.loginIdMalformed': 'loginId',
  'staff.loginIdTaken': 'loginId',
  'staff.nameMalformed': 'name',
  'staff.emailMalformed': 'email',
  'staff.reasonMissing': 'reason',
  'staff.reasonTooLong': 'reason',
  'staff.reasonUnprintable': 'reason',
  'staff.unchanged': 'act',
  'staff.own': 'act',
  'staff.tooFew': 'act',
}

/** 行員の管理: who they are, and what two officers do about a third (H-08). */
export const officersRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get(
    officersHref,
    { config: { policy: staff('staff:view'), screen: 'HD0140' } },
    async (request, reply) => {
      const actor = staffActor(request)
      return reply.page('staff/officers', {
        screen: 'HD0140',
        title: request.t('staff.officers.title'),
        table: officersTable(readerOf(request), await listOfficers(deps, actor)),
        ...(can(actor, 'staff:manage') && { registerHref: `${officersHref}/registration` }),
      })
    },
  )

  /** Prepares a case and leads to it, or gives the mistake and the field that it is at. */
  const prepare = async (request: FastifyRequest, reply: FastifyReply, wanted: StaffCaseWanted) => {
    const caseHref = `${officersHref}/cases/${wanted.caseId}`
    const done = await prepareStaffCase(deps, staffActor(request), wanted)
    if (done.ok) {
      reply.redirect(caseHref, 303)
      return undefined
    }
    if (done.reason === 'case.openedOtherwise') {
      openedOtherwisePage(request, reply, caseHref)
      return undefined
    }
    const message = request.t(`reasons.${done.reason}`, done.params)
    return [{ field: fieldOf[done.reason] ?? '', message }]
  }

  const registrationConfig = { policy: staff('staff:manage'), screen: 'HD0141' }

  const registrationPage = async (
    request: FastifyRequest,
    reply: FastifyReply,
    values: Record<string, string | undefined>,
    errors: FieldError[] = [],
  ) =>
    reply.page(
      'staff/registration',
      {
        screen: 'HD0141',
        title: request.t('staff.officers.registration'),
        action: `${officersHref}/registration`,
        roles: officerRoles,
        nobodyApproves: await nobodyApproves(deps, staffActor(request).id),
        values,
        errors,
      },
      errors.length > 0 ? 422 : 200,
    )

  app.get(`${officersHref}/registration`, { config: registrationConfig }, (request, reply) =>
    registrationPage(request, reply, { caseId: deps.ids.next() }),
  )

  app.post(`${officersHref}/registration`, { config: registrationConfig }, async (request, reply) => {
    const values = registration.parse(request.body ?? {})
    const { caseId, role, reason, ...facts } = values
    if (!isId(caseId)) return reply.refuse(refuse('form.expired'))
    if (!role)
      return registrationPage(request, reply, values, [
        { field: 'role', message: request.t('staff.officers.roleMissing') },
      ])
    const sent = contentOf(request.body)
    const wanted = { kind: 'staff_registration' as const, caseId, reason, sent, facts: { ...facts, role } }
    const errors = await prepare(request, reply, wanted)
    return errors ? registrationPage(request, reply, values, errors) : reply
  })

  const officerConfig = { policy: staff('staff:view'), screen: 'HD0142' }

  const officerPage = async (
    request: FastifyRequest<OfficerParams>,
    reply: FastifyReply,
    values: Record<string, string | undefined>,
    errors: FieldError[] = [],
  ) => {
    const actor = staffActor(request)
    const officer = await findOfficer(deps, actor, request.params.staffId)
    if (!officer) return reply.refuse(refuse('staff.notFound'))
    const { waitingCase, state } = officer
    const acts = officerActs.filter(
      act => act !== (state === 'active' ? 'staff_resumption' : 'staff_suspension'),
    )
    const offered = can(actor, 'staff:manage') && !waitingCase && officer.id !== actor.id ? acts : []
    return reply.page(
      'staff/officer',
      {
        screen: 'HD0142',
        title: request.t('staff.officers.officer', { name: officer.name }),
        rows: officerRows(readerOf(request), officer),
        certificates: certificatesTable(readerOf(request), officer),
        ...(can(actor, 'staff:manage') &&
          officer.certified &&
          officer.id !== actor.id && { revocationHref: revocationHref(officer.id) }),
        action: `${officersHref}/${officer.id}/cases`,
        ...(waitingCase && { caseHref: `${officersHref}/cases/${waitingCase.id}` }),
        acts: offered,
        nobodyApproves: offered.length > 0 && (await nobodyApproves(deps, actor.id, officer.id)),
        roles: officerRoles,
        values: { role: officer.role, ...values },
        errors,
      },
      errors.length > 0 ? 422 : 200,
    )
  }

  app.get<OfficerParams>(`${officersHref}/:staffId`, { config: officerConfig }, (request, reply) =>
    officerPage(request, reply, { caseId: deps.ids.next() }),
  )

  const actConfig = { policy: staff('staff:manage'), screen: 'HD0142' }
  app.get<OfficerParams>(`${officersHref}/:staffId/cases`, { config: actConfig }, (request, reply) =>
    reply.redirect(`${officersHref}/${encodeURIComponent(request.params.staffId)}`, 303),
  )

  app.post<OfficerParams>(`${officersHref}/:staffId/cases`, { config: actConfig }, async (request, reply) => {
    const values = actForm.parse(request.body ?? {})
    const { act, caseId, reason, role, certificates } = values
    const { staffId } = request.params
    if (!isId(staffId)) return reply.refuse(refuse('staff.notFound'))
    if (!isId(caseId)) return reply.refuse(refuse('form.expired'))
    if (!act)
      return officerPage(request, reply, values, [
        { field: 'act', message: request.t('staff.officers.actMissing') },
      ])
    const wanted = {
      kind: act,
      caseId,
      reason,
      sent: contentOf(request.body),
      officerId: staffId,
      ...(act === 'staff_role' && { role }),
      revokes: certificates === 'revoked',
    }
    const errors = await prepare(request, reply, wanted)
    return errors ? officerPage(request, reply, values, errors) : reply
  })

  const caseAddress = `${officersHref}/cases/:caseId`

  const casePage = async (request: FastifyRequest<CaseParams>, reply: FastifyReply, errors: FieldError[]) => {
    const actor = staffActor(request)
    const found = await findStaffCase(deps, actor, request.params.caseId)
    if (!found) return reply.refuse(refuse('case.notFound'))
    return reply.page(
      'staff/case',
      {
        screen: 'HD0143',
        title: request.t(`two-officers.kinds.${found.kind}`),
        state: request.t(`two-officers.states.${found.state}`),
        // Until another officer has reviewed it, its page is where the revocation ends.
        ...(found.kind === 'staff_certificate_revocation' &&
          !found.reviewed && {
            result: {
              text: request.t('staff.officers.revocation.done'),
              details: request.t('staff.officers.revocation.doneNext'),
            },
          }),
        rows: staffCaseRows(readerOf(request), found),
        decision: await decisionOf(deps, actor, found, `${officersHref}/cases/${found.id}`),
        secret: secretView(actor, 'staff:manage', found),
        registered: found.kind === 'staff_registration' && found.state === 'done',
        loginId: found.about.loginId,
        errors,
      },
      errors.length > 0 ? 422 : 200,
    )
  }

  casePageRoutes(app, deps, {
    address: caseAddress,
    screen: 'HD0143',
    looks: 'staff:view',
    page: casePage,
    handling: (request, decision) =>
      staffHandling(deps, staffActor(request), request.params.caseId, decision === 'approve'),
    refusedPage: (request, reply, refusal: Refusal) =>
      casePage(request, reply, [
        { field: '', message: request.t(`reasons.${refusal.reason}`, refusal.params) },
      ]),
  })

  secretRoutes(app, deps, {
    address: caseAddress,
    screen: 'HD0144',
    action: 'staff:manage',
    find: (actor, caseId) => findStaffCase(deps, actor, caseId),
    page: casePage,
    show: async (request, reply, proof, found) => {
      const shown = await showStaffPassword(deps, staffActor(request), proof, found)
      if (!shown.ok) return reply.refuse(shown)
      return reply.header('cache-control', 'no-store').page('staff/password-shown', {
        screen: 'HD0144',
        title: request.t('staff.officers.shown.title'),
        ...shown.value,
        caseHref: `${officersHref}/cases/${found.id}`,
      })
    },
  })
}
