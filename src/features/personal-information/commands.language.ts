import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { byThemselves, record } from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import type { Language } from '../../platform/i18n.ts'
import { LanguageChosen } from './events.ts'

/**
 * Has mails, short messages and letters to a user written in the language that they have just chosen for the pages (I-01): the
 * browser remembers that for its pages, and no mail asks a browser. The choice they already have is no change.
 */
export const keepLanguageOfMails = (
  deps: Pick<Deps, 'db' | 'clock' | 'ids'>,
  actor: UserActor,
  locale: Language,
): Promise<void> =>
  inTx(deps, async tx => {
    const { companyId, id } = actor
    const [before] = await tx.$queryRaw<{ locale: string }[]>`
      SELECT locale FROM "user" WHERE company_id = ${companyId}::uuid AND id = ${id}::uuid FOR UPDATE`
    if (!before || before.locale === locale) return
    await tx.user.update({ where: { companyId_id: { companyId, id } }, data: { locale } })
    await record(deps, tx, LanguageChosen, {
      ...byThemselves(actor),
      details: { before, after: { locale } },
    })
  })
