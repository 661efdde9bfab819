import type { Deps } from '../../deps.ts'
import { holderOf, type UserActor } from '../../kernel/actor.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { toUser } from '../../platform/outbox/to-user.ts'
import { putSms } from '../../platform/sms/outbox.ts'
import type { CodeChannel, CodePurpose } from './code.ts'
import { CodeMail } from './mails.ts'

export type CodeToSend = { purpose: CodePurpose; recipient: string; code: string; expiresAt: Date }

/** What the mail says that its code is for; a first registration where nothing else is said. */
const proceedings: { [Purpose in CodePurpose]?: 'change' | 'proof' | 'issue' } = {
  'mail-change': 'change',
  'mail-proof': 'proof',
  'certificate-issue': 'issue',
}

type Carrier = (deps: Deps, tx: Tx, actor: UserActor, sent: CodeToSend) => Promise<void>

const byMail: Carrier = async (deps, tx, actor, { purpose, recipient, code, expiresAt }) => {
  await outbox.put(deps, tx, CodeMail, {
    ...(await toUser(tx, holderOf(actor))),
    recipient,
    params: {
      at: deps.clock.now(),
      codeFor: proceedings[purpose] ?? 'registration',
      until: expiresAt,
    },
    secrets: { box: deps.secretBox, values: { code } },
  })
}

const byShortMessage: Carrier = async (deps, tx, actor, { recipient, code, expiresAt }) => {
  const holder = { companyId: actor.companyId, userId: actor.id }
  const { locale } = await tx.user.findUniqueOrThrow({
    where: { companyId_id: { companyId: actor.companyId, id: actor.id } },
    select: { locale: true },
  })
  const minutes = Math.round((expiresAt.getTime() - deps.clock.now().getTime()) / 60_000)
  await putSms(deps, tx, {
    ...holder,
    kind: 'code',
    recipient,
    locale,
    params: { code, minutes },
    staleAt: expiresAt,
  })
}

/** How a code leaves, within the transaction that made it. */
export const carriers: Record<CodeChannel, Carrier> = { mail: byMail, sms: byShortMessage }
