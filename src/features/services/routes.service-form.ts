import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { readReason } from '../../kernel/reason.ts'
import type { Values } from '../../platform/http/drafts.ts'
import type { Mistake } from '../../platform/http/mistake.ts'
import { staffActor } from '../../platform/http/policy.ts'
import type { Reader } from '../../platform/reader.ts'
import { longestNote, nobodyApproves, openedBefore, openedOtherwisePage } from '../two-officers/index.ts'
import type { ServiceAsked } from './catalogue.ts'
import { openServiceCase, serviceKind } from './commands.catalogue.ts'
import { type hiddenOf, refusedPage } from './routes.catalogue.ts'
import { type Row, serviceCaseHref } from './views.catalogue.ts'

/** What a form about a service asks for, and how its confirm page shows it. */
export type Asked = { wanted: ServiceAsked; rows: Row[]; follows: string[] }

/** The reason of a case, with what is wrong with it among the mistakes. */
export const reasonIn = (values: Values, mistakes: Mistake[]): string => {
  const { text, problem } = readReason(String(values.reason ?? ''), longestNote)
  if (problem)
    mistakes.push({ field: 'reason', reason: `service.reason.${problem}`, params: { longest: longestNote } })
  return text
}

/** Whether this very form has been sent before; answers it where it has. */
export const answeredBefore = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  caseId: string,
  sent: string,
): Promise<boolean> => {
  const asked = { caseId, kind: serviceKind, sent, about: {} }
  const before = await openedBefore(deps, staffActor(request), asked)
  if (!before.ok || !before.value) return false
  await reply.redirect(serviceCaseHref(caseId), 303)
  return true
}

/** The end of each form: its case, opened once however often the form is sent. */
export const openAsked = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  asked: { caseId: string; wanted: ServiceAsked; reason: string; sent: string },
  again: (mistake: Mistake) => Promise<FastifyReply>,
): Promise<FastifyReply> => {
  const done = await openServiceCase(deps, staffActor(request), asked)
  if (done.ok) return reply.redirect(serviceCaseHref(asked.caseId), 303)
  switch (done.reason) {
    case 'case.openedOtherwise':
      return openedOtherwisePage(request, reply, serviceCaseHref(asked.caseId))
    case 'service.codeTaken':
      return again({ field: 'code', reason: done.reason })
    case 'access.forbidden':
    case 'case.notFound':
    case 'service.notFound':
      return reply.refuse(done)
    default:
      return refusedPage(request, reply, done.reason)
  }
}

/** What comes of it, said before it is decided. */
export const followsOf = ({ t }: Pick<Reader, 't'>, wanted: ServiceAsked, entered?: number): string[] => {
  if (wanted.change === 'registration')
    return [t(`services.catalogue.follows.${wanted.newService.singleSignOn ? 'signOn' : 'address'}`)]
  return wanted.change === 'resumption'
    ? [t('services.catalogue.follows.resumption')]
    : [
        t('services.catalogue.follows.suspension'),
        t('services.catalogue.follows.entered', { count: entered ?? 0 }),
      ]
}

/** The confirm page of each form: what it asks for, what comes of it, and how many officers it takes. */
export const confirmPage = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  {
    asked,
    screen,
    reason,
    hidden,
    action,
  }: {
    asked: Asked
    screen: string
    reason: string
    hidden: ReturnType<typeof hiddenOf>
    action: string
  },
): Promise<FastifyReply> => {
  const { t } = request
  const { change } = asked.wanted
  const alone = change === 'suspension'
  return reply.page('services/confirm', {
    screen,
    title: t(`services.catalogue.${change}.confirm`),
    check: t(`services.catalogue.${change}.check`),
    rows: [...asked.rows, { label: t('cases.form.reason'), value: reason.split('\n') }],
    follows: asked.follows,
    warning: t(alone ? 'cases.form.atOnce' : 'contracts.secondOfficer'),
    nobodyApproves: !alone && (await nobodyApproves(deps, staffActor(request).id)),
    carryOut: t(alone ? 'services.catalogue.suspension.carryOut' : 'cases.propose'),
    hidden,
    action,
  })
}
