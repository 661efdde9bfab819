import { ok } from '../../kernel/result.ts'
import { admin } from '../../platform/http/policy.ts'
import { defineWizard } from '../../platform/http/wizard.ts'
import type { Reader } from '../../platform/reader.ts'
import { policyOf } from '../../policy/policy.ts'
import { certificateWay, deletionGuidesFor } from '../certificates/index.ts'
import { confirmation } from '../factors/index.ts'
import {
  findCompanyCertificate,
  mayBegin,
  type RevocableCertificate,
  recordRevocationRefused,
  revokeForCompany,
} from './certificate-revocation.ts'
import { printOf } from './details.ts'

/** Login ID, name, 証明書状態 and 有効期限 to the second, as the manual's pages have them (C-07). */
const rowsOf = ({ t, formats }: Reader, certificate: RevocableCertificate) => [
  { label: t('users.fields.loginId'), value: certificate.user.loginId },
  { label: t('users.fields.name'), value: certificate.user.name },
  { label: t('users.revocation.state'), value: t(`users.revocation.states.${certificate.state}`) },
  { label: t('users.revocation.notAfter'), value: formats.dateTime(certificate.notAfter) },
  { label: t('users.revocation.serial'), value: certificate.serial },
  ...(certificate.endedAt
    ? [{ label: t('users.revocation.endedAt'), value: formats.dateTime(certificate.endedAt) }]
    : []),
]

/** 証明書失効 (C-07): pick the user on the list → confirm → 失効済み. */
export const revokeCertificateWizard = defineWizard({
  id: 'certificate.revoke',
  policy: admin('certificate:revoke'),
  texts: 'users.revocation',
  home: '/users/certificates',
  steps: [],
  begin: async (deps, actor, target) => {
    const begun = await mayBegin(deps.db, actor, target ?? '')
    return begun.ok ? ok({ target: { id: begun.value.id, version: 0 } }) : begun
  },
  confirm: {
    screen: 'BRSK012',
    view: 'users/revocation-confirm',
    verify: confirmation,
    page: async visit => {
      const found = await findCompanyCertificate(visit.deps, visit.actor, visit.draft.target?.id ?? '')
      return { rows: found.ok ? rowsOf(visit, found.value) : [] }
    },
  },
  prepare: async ({ draft }) => draft.target?.id ?? '',
  commit: ({ deps, actor }, _tx, certificateId) => revokeForCompany(deps, actor, certificateId),
  refused: ({ deps, actor }, certificateId, { reason }) =>
    recordRevocationRefused(deps, actor, certificateId, reason),
  result: {
    screen: 'BRSK013',
    view: 'users/revocation-result',
    page: async (visit, result) => {
      const { certificateId } = result as { certificateId: string }
      const found = await findCompanyCertificate(visit.deps, visit.actor, certificateId)
      if (!found.ok) return found
      const rows = rowsOf(visit, found.value)
      return ok({
        rows,
        again: visit.t(`users.revocation.result.again.${certificateWay(policyOf(visit.company))}`),
        guides: deletionGuidesFor(visit.t),
        print: printOf(rows, found.value.user),
      })
    },
  },
})
