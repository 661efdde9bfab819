import { ok, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { admin } from '../../platform/http/policy.ts'
import { defineWizard, type Visit } from '../../platform/http/wizard.ts'
import { confirmation } from '../factors/index.ts'
import { UserFileRefused } from './events.ts'
import { findImport, type UserImport } from './imports.ts'
import { type ImportJob, importQueue } from './queue.ts'

/** Whether a file may be confirmed: every row of it is right, and somebody is to be registered. */
export const isReady = (file: Pick<UserImport, 'state' | 'mistakes' | 'registrable'>): boolean =>
  file.state === 'checked' && file.mistakes === 0 && file.registrable > 0

/** What a file will do, as its page and the confirm page say it. */
export const fileRows = (
  { t, formats }: Pick<Visit, 't' | 'formats'>,
  file: UserImport,
): { label: string; value: string }[] => [
  { label: t('user-csv.facts.fileName'), value: file.fileName },
  { label: t('user-csv.facts.received'), value: formats.dateTime(file.createdAt) },
  { label: t('user-csv.facts.rows'), value: t('user-csv.count.rows', { count: file.rowsRead }) },
  { label: t('user-csv.facts.registrable'), value: t('user-csv.count.users', { count: file.registrable }) },
  { label: t('user-csv.facts.unchanged'), value: t('user-csv.count.users', { count: file.unchanged }) },
]

/** The confirmation of a file (D-06, D-13): what will be registered, the confirmation password, and the job begins. */
export const registerFileWizard = defineWizard({
  id: 'user-csv.register',
  policy: admin('user:manage'),
  texts: 'user-csv.register',
  home: '/users/import',
  steps: [],
  begin: async (deps, actor, target) => {
    const found = await findImport(deps, actor, target ?? '')
    if (!found.ok) return found
    const { id, round } = found.value
    return isReady(found.value) ? ok({ target: { id, version: round } }) : refuse('userCsv.notReady')
  },
  confirm: {
    screen: 'BRSK065',
    view: 'user-csv/confirm',
    verify: confirmation,
    page: async visit => {
      const found = await findImport(visit.deps, visit.actor, visit.draft.target?.id ?? '')
      return { rows: found.ok ? fileRows(visit, found.value) : [], importId: visit.draft.target?.id ?? '' }
    },
  },
  prepare: async ({ draft }) => draft.target,
  commit: async ({ deps, actor }, tx, target) => {
    // What was shown is what is registered: another round of the check may have found otherwise.
    const { count } = await tx.userImport.updateMany({
      where: {
        id: target?.id ?? '',
        companyId: actor.companyId,
        ownerId: actor.id,
        state: 'checked',
        round: target?.version ?? 0,
        mistakes: 0,
        registrable: { gt: 0 },
        expiresAt: { gt: deps.clock.now() },
      },
      data: { state: 'registering', confirmation: { ...actor.origin } },
    })
    if (count === 0) return refuse('userCsv.notReady')
    const importId = target?.id ?? ''
    await deps.jobs.put(tx, importQueue, { importId, step: 'register' } satisfies ImportJob)
    return ok({ importId })
  },
  refused: async ({ deps, actor }, target, { reason }) => {
    const found = await findImport(deps, actor, target?.id ?? '')
    if (found.ok)
      await audit.recordAlone(deps, UserFileRefused, {
        actor,
        companyId: actor.companyId,
        details: { fileName: found.value.fileName, rejectedUsers: found.value.registrable },
        outcome: 'refused',
        reason,
      })
  },
  result: {
    screen: 'BRSK066',
    view: 'user-csv/accepted',
    // A short file is registered before this page is asked for: nobody is to read that it is still being done.
    elsewhere: async ({ deps, actor }, result) => {
      const { importId } = result as { importId: string }
      const found = await findImport(deps, actor, importId)
      return found.ok && found.value.state === 'registering' ? undefined : `/users/import/${importId}`
    },
    page: async (visit, result) => {
      const { importId } = result as { importId: string }
      const found = await findImport(visit.deps, visit.actor, importId)
      return found.ok
        ? ok({
            rows: fileRows(visit, found.value),
            fileHref: `/users/import/${importId}`,
            refreshSeconds: 3,
            waiting: {
              text: visit.t('user-csv.waiting.registering'),
              pollUrl: `/users/import/${importId}/state`,
            },
          })
        : found
    },
  },
})
