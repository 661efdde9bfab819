import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import type { Reader } from '../../platform/reader.ts'
import { can } from '../../policy/can.ts'
import { type CaseStanding, type Decision, stateAfter, stateOf } from './flow.ts'
import { type ListedCase, nobodyApproves } from './queries.ts'

/** What waits for a second officer, for `partials/table`; each links to the page where it is decided. */
export const waitingTable = ({ t, formats }: Reader, cases: readonly ListedCase[]) => ({
  caption: t('two-officers.list.title'),
  count: cases.length,
  empty: t('two-officers.list.none'),
  columns: ['at', 'kind', 'about', 'officer', 'reason', 'expiresAt'].map(name => ({
    text: t(`two-officers.list.${name}`),
    nowrap: name === 'at',
  })),
  rows: cases.map(each => [
    [
      {
        text: formats.dateTimeCompact(each.at),
        href: `/helpdesk/cases/${each.id}`,
        label: t(`two-officers.kinds.${each.kind}`),
      },
    ],
    t(`two-officers.kinds.${each.kind}`),
    each.loginId === null
      ? (each.companyName ?? t('navigation.bank'))
      : [{ text: each.loginId, sub: each.companyName ?? '' }],
    each.officer,
    each.reason,
    each.expiresAt ? formats.dateTimeCompact(each.expiresAt) : '',
  ]),
})

/** What an officer may do with a waiting case. */
const decisionView = (
  actor: StaffActor,
  found: CaseStanding,
  caseHref: string,
  now: Date,
): {
  waiting: boolean
  decides: boolean
  approves: boolean
  own: boolean
  caseHref: string
} => {
  const waiting = stateOf(found, now) === 'prepared'
  const may = (decision: Decision) =>
    stateAfter(found, decision, { id: actor.id, mayApprove: can(actor, 'case:approve') }, now).ok
  return {
    waiting,
    decides: may('reject'),
    approves: may('approve'),
    own: may('withdraw'),
    caseHref,
  }
}

/** What an officer may do with a case, for `helpdesk/decision`, and whether anybody could approve it. */
export const decisionOf = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
  found: CaseStanding,
  caseHref: string,
): Promise<ReturnType<typeof decisionView> & { nobodyApproves: boolean }> => {
  const view = decisionView(actor, found, caseHref, deps.clock.now())
  return {
    ...view,
    nobodyApproves:
      view.waiting &&
      !found.preparerOut &&
      (await nobodyApproves(deps, found.preparedById, found.aboutOfficerId)),
  }
}
