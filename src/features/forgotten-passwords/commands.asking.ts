import type { Deps } from '../../deps.ts'
import type { Origin } from '../../kernel/actor.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { toUser } from '../../platform/outbox/to-user.ts'
import { randomToken } from '../../platform/random.ts'
import { policyOf } from '../../policy/policy.ts'
import { type Candidate, claimant, findCandidate, namesUser } from '../candidates/index.ts'
import { voidResetLinks } from '../passwords/index.ts'
import { PasswordResetAsked } from './events.ts'
import { PasswordResetMail } from './mails.ts'
import { mayReset } from './queries.ts'
import { type ResetJob, resetQueue } from './queue.ts'
import { hashOfToken, helpFor, resetRule } from './reset.ts'

/** `linkBefore`: what stands before the token in the link, the page's address. */
type Asked = {
  loginId: string
  entranceId: string
  contractNumber?: string
  origin: Origin
  linkBefore: string
}

const sealContext = 'password-reset-asked'

/** Why no link was sent: for the history, never for whoever asked. */
type Why =
  | 'password-reset.unknown'
  | 'password-reset.notByMail'
  | 'password-reset.locked'
  | 'password-reset.tooMany'

/**
 * Takes down that somebody asks for the link of a forgotten password (B-15), and looks nothing up: whether the ID names
 * somebody whom the policy helps by mail, a job finds out afterwards. So the answer says nothing of it, and neither does its
 * time (B-05).
 */
export const askForReset = async (deps: Deps, asked: Asked): Promise<void> => {
  const sealed = deps.secretBox.seal(JSON.stringify(asked), sealContext).toString('base64')
  await inTx(deps, tx => deps.jobs.put(tx, resetQueue, { sealed } satisfies ResetJob))
}

/**
 * Sends the link that was asked for, if the ID names somebody whom the policy helps by mail; the history has it either way.
 * The link's row bears the job's id, so that a job that is run again sends no second one.
 */
export const sendAskedLink = async (
  deps: Deps,
  { id, data }: { id: string; data: ResetJob },
): Promise<void> => {
  // Before anybody is looked for: by the rule of today the link that was sent may be one too many, or its owner locked since.
  if ((await deps.db.passwordReset.count({ where: { id } })) > 0) return
  const opened = deps.secretBox.open(Buffer.from(data.sealed, 'base64'), sealContext).toString('utf8')
  const { loginId, origin, linkBefore, ...within } = JSON.parse(opened) as Asked
  const candidate = await findCandidate(deps, loginId, within)
  const why = await whyNot(deps, candidate, loginId)
  const entry = {
    actor: claimant(candidate, origin),
    companyId: candidate?.user.companyId ?? null,
    ...(candidate && { subject: { kind: 'user', id: candidate.user.id, label: candidate.user.loginId } }),
    details: {},
  }
  if (why || !candidate) {
    const reason = why ?? 'password-reset.unknown'
    await audit.recordAlone(deps, PasswordResetAsked, { ...entry, outcome: 'refused', reason })
    return
  }
  const { id: userId, companyId } = candidate.user
  await inTx(deps, async tx => {
    const now = deps.clock.now()
    await tx.$queryRaw`SELECT id FROM "user" WHERE id = ${userId}::uuid FOR UPDATE`
    if ((await tx.passwordReset.count({ where: { id } })) > 0) return
    await voidResetLinks(deps, tx, { companyId, userId })
    const token = randomToken()
    const expiresAt = plusSeconds(now, resetRule.validSeconds)
    await tx.passwordReset.create({
      data: { id, companyId, userId, tokenHash: hashOfToken(token), issuedAt: now, expiresAt },
    })
    await outbox.put(deps, tx, PasswordResetMail, {
      ...(await toUser(tx, { companyId, userId })),
      params: { at: now, until: expiresAt, ...(origin.ip && { from: origin.ip }) },
      secrets: { box: deps.secretBox, values: { link: linkBefore + token } },
    })
    await audit.record(deps, tx, PasswordResetAsked, entry)
  })
}

const whyNot = async (
  deps: Deps,
  candidate: Candidate | undefined,
  loginId: string,
): Promise<Why | undefined> => {
  if (!candidate) return 'password-reset.unknown'
  const { user, company } = candidate
  const policy = policyOf(company)
  if (!namesUser(policy, loginId, user)) return 'password-reset.unknown'
  if (helpFor(policy, user.role) !== 'mail-link') return 'password-reset.notByMail'
  if (!(await mayReset(deps, candidate))) return 'password-reset.locked'
  const since = plusSeconds(deps.clock.now(), -resetRule.withinSeconds)
  const sent = await deps.db.passwordReset.count({ where: { userId: user.id, issuedAt: { gt: since } } })
  return sent >= resetRule.atMost ? 'password-reset.tooMany' : undefined
}
