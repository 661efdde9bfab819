import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { ok } from '../../kernel/result.ts'
import { momentWords, type OwnPart, registerPostingEditor, textOf } from '../postings/index.ts'
import { expectAcknowledgements } from './acknowledgement.ts'
import { articlesToFollow, titleOf } from './queries.ts'

/** The bank writes インフォメーション: articles that follow others, and those that must be acknowledged (G-02, H-06). */
export const informationEditorRoutes = (app: FastifyInstance, deps: Deps): void => {
  const own = (mustAcknowledge: boolean, followsId: string | null): OwnPart => ({
    columns: { mustAcknowledge, followsId },
    store: async () => {
      if (mustAcknowledge) expectAcknowledgements(deps)
      return ok(null)
    },
    details: {},
  })

  registerPostingEditor(app, deps, {
    kind: 'information',
    path: '/helpdesk/information',
    screens: { list: 'HD0110', form: 'HD0111', confirm: 'HD0112', posting: 'HD0113' },
    fieldsView: '/information/fields',
    fieldsPage: async reader => ({
      followItems: [
        { value: '', text: reader.t('information.editor.followsNothing') },
        ...(await articlesToFollow(deps)).map(({ id, title, publishAt }) => ({
          value: id,
          text: reader.t('information.editor.follow', { at: momentWords(reader, publishAt), title }),
        })),
      ],
    }),
    labels: { fields: {} },
    initial: {},
    read: async (typed, { id }) => {
      const follows = textOf(typed, 'follows')
      const mustAcknowledge = textOf(typed, 'mustAcknowledge') === 'on'
      if (follows === '') return { own: own(mustAcknowledge, null), mistakes: [] }
      const offered = await articlesToFollow(deps, id)
      return offered.some(each => each.id === follows)
        ? { own: own(mustAcknowledge, follows), mistakes: [] }
        : { mistakes: [{ field: 'follows', reason: 'posting.follows' }] }
    },
    stored: async ({ mustAcknowledge, followsId }) => ({
      typed: { follows: followsId ?? '', ...(mustAcknowledge && { mustAcknowledge: 'on' }) },
      own: own(mustAcknowledge, followsId),
    }),
    rows: async (reader, { columns }) => {
      const followed = columns.followsId ? await titleOf(deps, columns.followsId) : ''
      return [
        {
          label: reader.t('information.editor.mustAcknowledge'),
          value: reader.t(columns.mustAcknowledge ? 'history.yes' : 'history.no'),
        },
        { label: reader.t('information.editor.follows'), value: followed },
      ]
    },
  })
}
