import type { Reader } from '../../platform/reader.ts'
import type { ReviewRow } from './details.ts'
import type { ChangeRequest } from './queries.requests.ts'

/** Who asks, since when, until when it can be decided, and how it stands, as the pages of a request read it (D-11). */
export const requestRows = ({ t, formats }: Reader, request: ChangeRequest): ReviewRow[] => [
  { label: t('users.requests.requester'), value: [request.name, request.loginId] },
  { label: t('users.requests.requestedAt'), value: formats.dateTime(request.requestedAt) },
  { label: t('users.requests.expiresAt'), value: formats.dateTime(request.expiresAt) },
  { label: t('users.requests.standing'), value: t(`users.requests.standings.${request.standing}`) },
  ...(request.decidedBy ? [{ label: t('users.requests.decidedBy'), value: request.decidedBy }] : []),
  ...(request.decidedAt
    ? [{ label: t('users.requests.decidedAt'), value: formats.dateTime(request.decidedAt) }]
    : []),
]
