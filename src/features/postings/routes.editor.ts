import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { businessDayOf } from '../../kernel/business-day.ts'
import { isId } from '../../kernel/ids.ts'
import type { Result } from '../../kernel/result.ts'
import { contentOf } from '../../platform/http/form-content.ts'
import type { Mistake } from '../../platform/http/mistake.ts'
import { paginationOf } from '../../platform/http/pagination.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import { type Reader, readerOf } from '../../platform/reader.ts'
import { can } from '../../policy/can.ts'
import { presetNames } from '../../policy/policy.ts'
import {
  type OwnPart,
  recordReadersViewed,
  type StoredPart,
  savePosting,
  withdrawPosting,
  writtenDetails,
} from './commands.ts'
import { momentValues, readPosting, type Typed, textOf, typedOf, type WrittenPosting } from './forms.ts'
import { type PostingKind, userRoles } from './posting.ts'
import {
  companiesOf,
  contractNumbersOf,
  countMeant,
  findPosting,
  listPostings,
  type PostingRecord,
  pageSize,
  readerStates,
  readersOf,
} from './queries.ts'
import {
  mistakeLines,
  type OwnLabels,
  postingRow,
  type Row,
  readerRow,
  readersColumns,
  writtenRows,
} from './views.ts'

/** Ten thousand contract numbers of twenty digits, as a form encodes them. */
const bodyLimit = 1024 * 1024

/** What a kind of posting has of its own in the bank's editor: windows of an announcement, questions of a survey. */
export type PostingEditor = {
  kind: PostingKind
  /** `/helpdesk/announcements` */
  path: string
  screens: { list: string; form: string; confirm: string; posting: string }
  /** The template of its own fields, below those that every kind has, and what that needs. */
  fieldsView: string
  fieldsPage: (reader: Reader, typed: Typed) => Promise<Record<string, unknown>>
  /** What its own fields are called where a mistake has to say at which it is. */
  labels: OwnLabels
  /** What its fields show at first. */
  initial: Typed
  /** Its own part as the form of a posting says it, or what is wrong with it; `written` where the rest is right. */
  read: (
    typed: Typed,
    posting: { id: string; written: WrittenPosting | undefined },
  ) => Promise<{ own?: OwnPart; mistakes: Mistake[] }>
  /** A stored posting's own part: as the form shows it, and as the history says it. */
  stored: (posting: PostingRecord) => Promise<{ typed: Typed; own: StoredPart }>
  /** The lines of its own part on confirm and posting pages. */
  rows: (reader: Reader, own: Pick<OwnPart, 'columns' | 'details'>) => Promise<Row[]>
  /** Links from a posting's page to what only this kind has. */
  links?: (reader: Reader, posting: PostingRecord) => { href: string; text: string }[]
}

type Params = { Params: { id: string } }

const paged = z.object({
  page: z.coerce.number().int().min(1).max(1_000_000).catch(1),
  state: z.enum(readerStates).catch('any'),
})

/** What somebody may press on the form: on, back to it, more rows, and the last word. */
const stepOf = (typed: Typed): 'confirm' | 'back' | 'more' | 'execute' => {
  if (textOf(typed, 'back') !== '') return 'back'
  if (textOf(typed, 'more') !== '') return 'more'
  return textOf(typed, 'step') === 'execute' ? 'execute' : 'confirm'
}

const notCarried = new Set(['_csrf', 'step', 'back', 'more'])

/** Everything that was typed, for the confirm page to carry on. */
const carried = (typed: Typed): { name: string; value: string }[] =>
  Object.entries(typed).flatMap(([name, values]) =>
    notCarried.has(name) ? [] : [values].flat().map(value => ({ name, value })),
  )

/**
 * The bank's pages to write one kind of posting, for other officers to read (H-06): list, form, confirm page with how many it will reach, the posting with who
 * has read or answered it, change and withdrawal. Everything typed is text and stays text.
 */
export const registerPostingEditor = (app: FastifyInstance, deps: Deps, editor: PostingEditor): void => {
  const { kind, path, screens } = editor
  const view = staff('posting:view')
  const write = staff('posting:write')

  app.get(path, { config: { policy: view, screen: screens.list } }, async (request, reply) => {
    const { page } = paged.parse(request.query)
    const { postings, total } = await listPostings(deps, staffActor(request), kind, page)
    const now = deps.clock.now()
    return reply.page('postings/list', {
      screen: screens.list,
      title: request.t(`postings.kinds.${kind}.list`),
      caption: request.t(`postings.kinds.${kind}.caption`),
      ...(can(staffActor(request), 'posting:write') && { newHref: `${path}/new` }),
      rows: postings.map(posting => postingRow(readerOf(request), posting, path, now)),
      total,
      pagination: paginationOf({ total, page, size: pageSize }, number => `${path}?page=${number}`),
    })
  })

  type Form = {
    typed: Typed
    action: string
    backHref: string
    mistakes?: readonly Mistake[]
    status?: number
  }

  const formPage = async (request: FastifyRequest, reply: FastifyReply, form: Form) => {
    const reader = readerOf(request)
    const { typed, action, backHref, mistakes = [], status = 200 } = form
    return reply.page(
      'postings/form',
      {
        screen: screens.form,
        title: request.t(`postings.kinds.${kind}.${action.endsWith('/new') ? 'new' : 'change'}`),
        values: typed,
        errors: mistakeLines(request.t, mistakes, editor.labels),
        action,
        backHref,
        fieldsView: editor.fieldsView,
        presetItems: presetNames.map(value => ({ value, label: request.t(`policies.presets.${value}`) })),
        roleItems: userRoles.map(value => ({ value, label: request.t(`postings.roles.${value}`) })),
        ...(await editor.fieldsPage(reader, typed)),
      },
      status,
    )
  }

  /** Form, confirm page and last word are one address: what was typed is checked anew at each. */
  const submit = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { id, version, before, action, backHref }: Target,
  ) => {
    const actor = staffActor(request)
    const typed = typedOf(request.body)
    const step = stepOf(typed)
    if (step === 'back' || step === 'more') return formPage(request, reply, { typed, action, backHref })
    const { written, mistakes } = readPosting(typed)
    const { own, mistakes: ownMistakes } = await editor.read(typed, { id, written })
    const again = (all: readonly Mistake[]) =>
      formPage(request, reply, { typed, action, backHref, mistakes: all, status: 422 })
    if (!written || !own) return again([...mistakes, ...ownMistakes])
    const companies = written.contractNumbers && (await companiesOf(deps.db, written.contractNumbers))
    if (companies && companies.unknown.length > 0)
      return again([
        {
          field: 'companies',
          reason: 'posting.companies.unknown',
          params: { count: companies.unknown.length, numbers: companies.unknown.slice(0, 5).join('、') },
        },
      ])
    if (step === 'confirm') {
      const reach = await countMeant(deps.db, { ...written, companyIds: companies?.companyIds ?? null })
      return reply.page('postings/confirm', {
        screen: screens.confirm,
        title: request.t(`postings.kinds.${kind}.confirm`),
        rows: writtenRows(readerOf(request), written),
        ownRows: await editor.rows(readerOf(request), own),
        reach,
        hidden: carried(typed),
        action,
      })
    }
    const done = await savePosting(deps, actor, {
      id,
      kind,
      version,
      sent: contentOf(request.body),
      written,
      own,
      ...(before && { before }),
    })
    if (done.ok) return reply.redirect(`${path}/${id}`, 303)
    if (done.reason === 'access.forbidden') return reply.refuse(done)
    return again([{ field: '', reason: done.reason, ...(done.params && { params: done.params }) }])
  }

  const formConfig = { policy: write, screen: screens.form }

  app.get(`${path}/new`, { config: formConfig }, (request, reply) =>
    formPage(request, reply, {
      action: `${path}/new`,
      backHref: path,
      typed: {
        id: deps.ids.next(),
        sender: request.t('postings.sender'),
        publishDay: businessDayOf(deps.clock.now()),
        publishTime: '0:00',
        scope: 'all',
        ...editor.initial,
      },
    }),
  )

  app.post(`${path}/new`, { config: formConfig, bodyLimit }, (request, reply) => {
    const id = textOf(typedOf(request.body), 'id')
    if (!isId(id)) return reply.refuse({ ok: false, reason: 'posting.notFound' })
    return submit(request, reply, { id, version: null, action: `${path}/new`, backHref: path })
  })

  /** A stored posting as its form shows it, and as the history said it. */
  const asWritten = async (posting: PostingRecord) => {
    const contractNumbers = posting.targetsCompanies ? await contractNumbersOf(deps.db, posting.id) : null
    const { typed, own } = await editor.stored(posting)
    const written: WrittenPosting = { ...posting, contractNumbers }
    return { written, typed, own }
  }

  const find = (request: FastifyRequest): Promise<Result<PostingRecord>> =>
    findPosting(deps.db, staffActor(request), kind, (request.params as Params['Params']).id)

  app.get<Params>(
    `${path}/:id`,
    { config: { policy: view, screen: screens.posting } },
    async (request, reply) => {
      const found = await find(request)
      if (!found.ok) return reply.refuse(found)
      const posting = found.value
      const reader = readerOf(request)
      const { page, state } = paged.parse(request.query)
      const { written, own } = await asWritten(posting)
      const readers = await readersOf(deps.db, posting, { state, page })
      await recordReadersViewed(deps, staffActor(request), posting)
      return reply.page('postings/posting', {
        screen: screens.posting,
        title: posting.title,
        rows: writtenRows(reader, written, { posting, now: deps.clock.now() }),
        ownRows: await editor.rows(reader, own),
        links: editor.links?.(reader, posting) ?? [],
        kind,
        values: { state },
        stateItems: readerStates.map(value => ({
          value,
          text: request.t(`postings.readers.${kind === 'survey' ? 'survey' : 'read'}.${value}`),
        })),
        readers: {
          columns: readersColumns(reader, posting),
          rows: readers.users.map(user => readerRow(reader, posting, user)),
          counts: readers,
        },
        pagination: paginationOf(
          { total: readers.total, page, size: pageSize },
          number => `${path}/${posting.id}?state=${state}&page=${number}`,
        ),
        path: `${path}/${posting.id}`,
        acknowledged: posting.mustAcknowledge,
        listHref: path,
        version: posting.version,
        changes: posting.withdrawnAt === null && can(staffActor(request), 'posting:write'),
      })
    },
  )

  app.get<Params>(`${path}/:id/change`, { config: formConfig }, async (request, reply) => {
    const found = await find(request)
    if (!found.ok) return reply.refuse(found)
    const posting = found.value
    if (posting.withdrawnAt) return reply.refuse({ ok: false, reason: 'posting.changedMeanwhile' })
    const { written, typed } = await asWritten(posting)
    return formPage(request, reply, {
      action: `${path}/${posting.id}/change`,
      backHref: `${path}/${posting.id}`,
      typed: {
        version: String(posting.version),
        title: posting.title,
        body: posting.body,
        sender: posting.sender,
        ...momentValues('publish', posting.publishAt),
        ...momentValues('end', posting.endsAt),
        presets: posting.presets,
        roles: posting.roles,
        scope: written.contractNumbers ? 'companies' : 'all',
        companies: (written.contractNumbers ?? []).join('\n'),
        ...typed,
      },
    })
  })

  app.post<Params>(`${path}/:id/change`, { config: formConfig, bodyLimit }, async (request, reply) => {
    const found = await find(request)
    if (!found.ok) return reply.refuse(found)
    const posting = found.value
    const { written, own } = await asWritten(posting)
    const version = textOf(typedOf(request.body), 'version')
    return submit(request, reply, {
      id: posting.id,
      version: /^\d{1,9}$/.test(version) ? Number(version) : -1,
      before: writtenDetails(written, own),
      action: `${path}/${posting.id}/change`,
      backHref: `${path}/${posting.id}`,
    })
  })

  app.post<Params>(
    `${path}/:id/withdrawal`,
    { config: { policy: write, screen: screens.posting } },
    async (request, reply) => {
      const found = await find(request)
      if (!found.ok) return reply.refuse(found)
      const shown = textOf(typedOf(request.body), 'version')
      const version = /^\d{1,9}$/.test(shown) ? Number(shown) : -1
      const done = await withdrawPosting(deps, staffActor(request), { ...found.value, version })
      return done.ok ? reply.redirect(`${path}/${found.value.id}`, 303) : reply.refuse(done)
    },
  )
}

type Target = {
  id: string
  version: number | null
  before?: ReturnType<typeof writtenDetails>
  action: string
  backHref: string
}
