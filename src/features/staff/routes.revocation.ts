import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { isId } from '../../kernel/ids.ts'
import { refuse } from '../../kernel/result.ts'
import { contentOf } from '../../platform/http/form-content.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { readerOf } from '../../platform/reader.ts'
import { openedOtherwisePage } from '../two-officers/index.ts'
import { revokeOfficerCertificates } from './certificates.ts'
import { findOfficer } from './queries.ts'
import { certificatesTable, officerRows, officersHref } from './views.ts'

type OfficerParams = { Params: { staffId: string } }

const form = z.object({ caseId: z.string().catch(''), reason: z.string().catch('') })

export const revocationHref = (staffId: string): string => `${officersHref}/${staffId}/certificate-revocation`

/** 行員の電子証明書の失効: one officer ends another's certificates at once (C-14, H-04). */
export const officerRevocationRoutes = (app: FastifyInstance, deps: Deps): void => {
  const address = revocationHref(':staffId')
  const config = { policy: staff('staff:manage'), screen: 'HD0145' }

  const page = async (
    request: FastifyRequest<OfficerParams>,
    reply: FastifyReply,
    values: z.output<typeof form>,
    errors: FieldError[] = [],
  ) => {
    const officer = await findOfficer(deps, staffActor(request), request.params.staffId)
    if (!officer) return reply.refuse(refuse('staff.notFound'))
    const reader = readerOf(request)
    return reply.page(
      'staff/revocation',
      {
        screen: 'HD0145',
        title: request.t('staff.officers.revocation.title'),
        rows: officerRows(reader, officer),
        certificates: certificatesTable(reader, officer),
        action: revocationHref(officer.id),
        officerHref: `${officersHref}/${officer.id}`,
        values,
        errors,
      },
      errors.length > 0 ? 422 : 200,
    )
  }

  app.get<OfficerParams>(address, { config }, (request, reply) =>
    page(request, reply, { caseId: deps.ids.next(), reason: '' }),
  )

  app.post<OfficerParams>(address, { config }, async (request, reply) => {
    const { caseId, reason } = form.parse(request.body ?? {})
    const { staffId } = request.params
    if (!isId(staffId)) return reply.refuse(refuse('staff.notFound'))
    if (!isId(caseId)) return reply.refuse(refuse('form.expired'))
    const done = await revokeOfficerCertificates(deps, staffActor(request), {
      caseId,
      officerId: staffId,
      reason,
      sent: contentOf(request.body),
    })
    const caseHref = `${officersHref}/cases/${caseId}`
    if (done.ok) return reply.redirect(caseHref, 303)
    if (done.reason === 'case.openedOtherwise') return openedOtherwisePage(request, reply, caseHref)
    if (done.reason === 'staff.notFound' || done.reason === 'access.forbidden') return reply.refuse(done)
    const field = done.reason.startsWith('staff.reason') ? 'reason' : ''
    const message = request.t(`reasons.${done.reason}`, done.params)
    return page(request, reply, { caseId, reason }, [{ field, message }])
  })
}
