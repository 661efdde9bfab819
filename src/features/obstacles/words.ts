import type { Translate } from '../../platform/i18n.ts'
import type { Reader } from '../../platform/reader.ts'
import { type ApprovalMode, type People, peopleWords } from '../approvals/index.ts'
import type { CertificateWay } from '../certificates/index.ts'
import type { Answer, Obstacle, Situation } from './obstacle.ts'
import { nameOf, type Operation } from './operation.ts'
import type { Helper, Helpers } from './who-helps.ts'

/** 「振込振替　依頼（新規口座指定）」, 「利用者管理」. */
export const operationWords = ({ t }: Pick<Reader, 't'>, operation: Operation): string => {
  if (operation.kind === 'action') return t(`obstacles.actions.${operation.action}`)
  const { service, code, purpose } = operation
  const permission = t(`users.permissions.${service}.${code}.label`)
  return t('obstacles.operation', {
    service: t(purpose ? `company.companyLimits.${purpose}` : `users.services.${service}`),
    permission,
  })
}

/** The choices of 「操作」, in the matrix's order. */
export const operationItems = (reader: Pick<Reader, 't'>, operations: readonly Operation[]) => [
  { value: '', text: reader.t('obstacles.form.choose') },
  ...operations.map(operation => ({ value: nameOf(operation), text: operationWords(reader, operation) })),
]

/** What stands in the way and how to put it right: by whoever can, or by asking them. */
export const obstacleWords = (
  { t, formats }: Reader,
  obstacle: Obstacle,
  helpers: Helpers,
  way: CertificateWay,
): { cause: string; remedy: string } => {
  const at = (key: string, params?: Record<string, string | number>) => ({
    cause: t(`obstacles.causes.${key}`, params),
    remedy: t(`obstacles.remedies.${key}`, params),
  })
  const by = (helper: Helper) => ({ helper: t(`obstacles.helpers.${helper}`) })
  switch (obstacle.kind) {
    case 'state':
      return at(`state.${obstacle.state}`, by(helpers.lock))
    case 'locked':
      // One's own company lifts the suspension of a one-time password, whoever releases locks (B-17, D-10).
      return obstacle.which === 'otp' && helpers.password !== 'helpdesk'
        ? at('locked.otp')
        : at(obstacle.which === 'otp' ? 'locked.otpByHelpdesk' : `locked.${obstacle.which}`, by(helpers.lock))
    case 'password':
      return at(
        `password.${obstacle.standing}`,
        by(obstacle.standing === 'strangersEnd' ? helpers.lock : helpers.password),
      )
    case 'certificate':
      return certificateWords(t, obstacle.standing, way)
    case 'account':
      return at(`account.${obstacle.why}`)
    case 'limitUnset':
    case 'limitZero':
      return at(obstacle.kind, { limit: t(`obstacles.bounds.${obstacle.bound}`) })
    case 'aboveLimit':
      return at(obstacle.kind, {
        limit: t(`obstacles.bounds.${obstacle.bound}`),
        amount: formats.yen(obstacle.limit),
      })
    case 'tooFewApprovers':
      return at(obstacle.kind, { missing: obstacle.missing })
    default:
      return at(obstacle.kind)
  }
}

/** Another certificate is got by the way that the company's entrance offers, and by its words (B-02). */
const certificateWords = (
  t: Translate,
  standing: Extract<Obstacle, { kind: 'certificate' }>['standing'],
  way: CertificateWay,
): { cause: string; remedy: string } => ({
  cause: t(`obstacles.causes.certificate.${standing}`),
  remedy: t(
    standing === 'issuing' || standing === 'superseded'
      ? `obstacles.remedies.certificate.${standing}`
      : `obstacles.remedies.certificate.get.${way}`,
  ),
})

/** Limits are named within sentences, too: at the start of a row English has a capital letter. */
const atStart = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)

/** The limits that hold, each with its amount. */
export const limitRows = ({ t, formats }: Reader, { limits }: Situation) =>
  limits.map(({ bound, amount }) => ({
    label: atStart(t(`obstacles.bounds.${bound}`)),
    value: amount === undefined ? t('obstacles.unset') : formats.yen(amount),
  }))

/** The greatest amount of one transaction, as far as the settings say. */
export const roomWords = ({ t, formats }: Reader, { room }: Answer): string | undefined =>
  room === undefined ? undefined : t('obstacles.room', { amount: formats.yen(room) })

/** Whether the user sends alone, or who must approve what they ask for. */
export const approvalWords = (
  { t }: Pick<Reader, 't'>,
  mode: ApprovalMode | null,
  approvers: People | undefined,
): string[] => {
  if (mode === null) return []
  if (!approvers) return [t('obstacles.approval.alone')]
  return [
    t('obstacles.approval.needed', { mode: t(`users.approvals.${mode}`) }),
    t(`approvals.how.${mode}`),
    t('obstacles.approval.approvers', { approvers: peopleWords({ t }, approvers) }),
  ]
}
