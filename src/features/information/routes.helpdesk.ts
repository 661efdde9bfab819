import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { ok } from '../../kernel/result.ts'
import { momentWords, type OwnPart, registerPostingEditor, textOf } from '../postings/index.ts'
import { expectAcknowledgements } from './acknowledgement.ts'
import { articlesToFollow, followedBy, mayFollow } from './queries.ts'

/** The bank writes インフォメーション: articles that follow others, and those that must be acknowledged (G-02, H-06). */
export const informationEditorRoutes = (app: FastifyInstance, deps: Deps): void => {
  const own = async (mustAcknowledge: boolean, followsId: string | null): Promise<OwnPart> => ({
    columns: { mustAcknowledge, followsId },
    store: async () => {
      if (mustAcknowledge) expectAcknowledgements(deps)
      return ok(null)
    },
    // What a change takes away or puts there is told: readers lose a link with it (F-02).
    details: followsId ? { follows: (await followedBy(deps, followsId))?.title ?? '' } : {},
  })

  registerPostingEditor(app, deps, {
    kind: 'information',
    path: '/helpdesk/information',
    screens: { list: 'HD0110', form: 'HD0111', confirm: 'HD0112', posting: 'HD0113' },
    fieldsView: '/information/fields',
    fieldsPage: async (reader, typed) => {
      const latest = await articlesToFollow(deps)
      const chosen = textOf(typed, 'follows')
      // The one that it follows may be withdrawn, or older than those: a list without it would cut the link unseen.
      const stays = latest.some(({ id }) => id === chosen) ? undefined : await followedBy(deps, chosen)
      return {
        followItems: [
          { value: '', text: reader.t('information.editor.followsNothing') },
          ...[...(stays ? [stays] : []), ...latest].map(({ id, title, publishAt, withdrawnAt }) => ({
            value: id,
            text: reader.t(`information.editor.${withdrawnAt ? 'followWithdrawn' : 'follow'}`, {
              at: momentWords(reader, publishAt),
              title,
            }),
          })),
        ],
      }
    },
    labels: { fields: {} },
    initial: {},
    read: async (typed, { id }) => {
      const follows = textOf(typed, 'follows')
      const mustAcknowledge = textOf(typed, 'mustAcknowledge') === 'on'
      if (follows === '') return { own: await own(mustAcknowledge, null), mistakes: [] }
      return (await mayFollow(deps, id, follows))
        ? { own: await own(mustAcknowledge, follows), mistakes: [] }
        : { mistakes: [{ field: 'follows', reason: 'posting.follows' }] }
    },
    stored: async ({ mustAcknowledge, followsId }) => ({
      typed: { follows: followsId ?? '', ...(mustAcknowledge && { mustAcknowledge: 'on' }) },
      own: await own(mustAcknowledge, followsId),
    }),
    rows: async (reader, { columns, details }) => [
      {
        label: reader.t('information.editor.mustAcknowledge'),
        value: reader.t(columns.mustAcknowledge ? 'history.yes' : 'history.no'),
      },
      { label: reader.t('information.editor.follows'), value: details.follows ?? '' },
    ],
  })
}
