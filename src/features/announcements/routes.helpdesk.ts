import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { registerPostingEditor, spanWords } from '../postings/index.ts'
import { listServices } from '../services/index.ts'
import { otherSystem, readWindows, rowsOf, windowValues } from './forms.ts'
import { announcementPart } from './part.ts'
import { windowsOf } from './queries.ts'

/** The bank writes お知らせ with their maintenance windows (G-01, H-06). */
export const announcementEditorRoutes = (app: FastifyInstance, deps: Deps): void =>
  registerPostingEditor(app, deps, {
    kind: 'announcement',
    path: '/helpdesk/announcements',
    screens: { list: 'HD0100', form: 'HD0101', confirm: 'HD0102', posting: 'HD0103' },
    fieldsView: '/announcements/windows',
    fieldsPage: async ({ t, language }, typed) => ({
      rows: Array.from({ length: rowsOf(typed) }, (_each, index) => index + 1),
      systemItems: [
        { value: '', text: t('announcements.windows.choose') },
        ...(await listServices(deps, language)).map(({ code, name }) => ({ value: code, text: name })),
        { value: otherSystem, text: t('announcements.windows.other') },
      ],
    }),
    labels: {
      row: 'announcements.windows.row',
      fields: {
        system: 'announcements.windows.system',
        systemName: 'announcements.windows.systemName',
        fromDay: 'announcements.windows.fromDay',
        fromTime: 'announcements.windows.fromTime',
        toDay: 'announcements.windows.toDay',
        toTime: 'announcements.windows.toTime',
      },
    },
    initial: {},
    read: async (typed, { written }) => {
      const services = await listServices(deps, 'ja')
      const { windows, mistakes } = readWindows(
        typed,
        new Set(services.map(({ code }) => code)),
        written?.endsAt ?? null,
      )
      return mistakes.length > 0 ? { mistakes } : { own: announcementPart(services, windows), mistakes }
    },
    stored: async ({ id }) => {
      const windows = await windowsOf(deps, id)
      return { typed: windowValues(windows), own: announcementPart(await listServices(deps, 'ja'), windows) }
    },
    rows: async (reader, { details }) => [
      {
        label: reader.t('announcements.windows.title'),
        value: (details.windows ?? []).map(({ system, windowStart, windowEnd }) =>
          reader.t('announcements.windows.line', {
            system,
            span: spanWords(reader, new Date(windowStart), new Date(windowEnd)),
          }),
        ),
      },
    ],
  })
