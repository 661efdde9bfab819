import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { type Refusal, refuse } from '../../kernel/result.ts'
import { formatsOf } from '../../platform/formats.ts'
import { paginationOf } from '../../platform/http/pagination.ts'
import { admin, userActor } from '../../platform/http/policy.ts'
import { registerWizard } from '../../platform/http/wizard-routes.ts'
import { readerOf } from '../../platform/reader.ts'
import { contractOf, longestSearch, sortColumns } from '../users/index.ts'
import { mostRows } from './check.ts'
import { csvOf, exportUsers, templateFile } from './export.ts'
import { withoutPassword } from './first-passwords.ts'
import { firstPasswordsWizard } from './first-passwords.wizard.ts'
import {
  findImport,
  type ListedMistake,
  listImports,
  listMistakes,
  listStaged,
  mistakesPerPage,
  type UserImport,
} from './imports.ts'
import { largestFile, largestFileMegabytes, receiveFile } from './receive.ts'
import { mostMistakes } from './staging.ts'
import { fileRows, isReady, registerFileWizard } from './wizard.ts'

const manage = admin('user:manage')
/** Without JavaScript a waiting page asks again by itself this often, in seconds. */
const refreshSeconds = 3

// The conditions of the list, as its addresses carry them; what is none of ours is none.
const selection = z.object({
  q: z.string().catch(''),
  sort: z.enum(sortColumns).catch('login-id'),
  order: z.enum(['ascending', 'descending']).catch('ascending'),
})

const pageNumber = z.object({ page: z.coerce.number().int().min(1).max(1_000_000).catch(1) })

const sendCsv = (reply: FastifyReply, name: string, file: ReturnType<typeof csvOf>) =>
  reply
    .type('text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(name)}`)
    .send(file)

/** Users out of the portal and into it as CSV files (D-13). */
export const userCsvRoutes = (app: FastifyInstance, deps: Deps): void => {
  exportRoutes(app, deps)
  importRoutes(app, deps)
  registerWizard(app, deps, registerFileWizard, '/users/import/:target/registration')
  registerWizard(app, deps, firstPasswordsWizard, '/users/first-passwords')
}

const exportRoutes = (app: FastifyInstance, deps: Deps): void => {
  const config = { policy: manage, screen: 'BRSK060', file: true }
  app.get('/users/export', { config, exposeHeadRoute: false }, async (request, reply) => {
    const { q: text, sort: by, order: direction } = selection.parse(request.query)
    // A condition that is too long must not quietly become a file of everybody.
    if ([...text].length > longestSearch)
      return reply.refuse(refuse('search.tooLong', { longest: longestSearch }))
    const reader = readerOf(request)
    const file = await exportUsers(deps, userActor(request), reader, { text, sort: { by, direction } })
    return sendCsv(reply, request.t('user-csv.files.users'), file)
  })

  app.get('/users/import/template', { config, exposeHeadRoute: false }, async (request, reply) =>
    sendCsv(
      reply,
      request.t('user-csv.files.template'),
      await templateFile(deps, userActor(request), request.t),
    ),
  )
}

const importRoutes = (app: FastifyInstance, deps: Deps): void => {
  const uploadPage = async (request: FastifyRequest, reply: FastifyReply, refusal?: Refusal) => {
    const { t } = request
    const formats = formatsOf(request.language)
    const actor = userActor(request)
    const files = await listImports(deps, actor)
    const { policy } = await contractOf(deps.db, actor)
    return reply.page(
      'user-csv/upload',
      {
        screen: 'BRSK061',
        title: t('user-csv.upload.title'),
        errors: refusal ? [{ field: 'file', message: t(`reasons.${refusal.reason}`, refusal.params) }] : [],
        megabytes: largestFileMegabytes,
        waiting: (await withoutPassword(deps, actor, policy)).total,
        mostRows: mostRows.toLocaleString('en'),
        files: files.map(file => [
          { text: formats.dateTimeCompact(file.createdAt) },
          { text: file.fileName, href: `/users/import/${file.id}` },
          { tag: tagOf(t, file) },
        ]),
      },
      refusal ? 422 : 200,
    )
  }

  app.get('/users/import', { config: { policy: manage, screen: 'BRSK061' } }, (request, reply) =>
    uploadPage(request, reply),
  )

  app.post(
    '/users/import',
    { config: { policy: manage, screen: 'BRSK061', uploadBytes: largestFile } },
    async (request, reply) => {
      if (!request.upload) return uploadPage(request, reply, refuse('userCsv.none'))
      const received = await receiveFile(deps, userActor(request), request.upload)
      return received.ok
        ? reply.redirect(`/users/import/${received.value.importId}`, 303)
        : uploadPage(request, reply, received)
    },
  )

  type Params = { Params: { id: string } }
  const config = { policy: manage, screen: 'BRSK062' }

  app.get<Params>('/users/import/:id', { config }, async (request, reply) => {
    const found = await findImport(deps, userActor(request), request.params.id)
    return found.ok ? filePage(deps, request, reply, found.value) : reply.refuse(found)
  })

  app.get<Params>('/users/import/:id/state', { config }, async (request, reply) => {
    const found = await findImport(deps, userActor(request), request.params.id)
    if (!found.ok) return reply.refuse(found)
    return reply.send(
      isUnderWay(found.value)
        ? { done: false, message: waitingText(request, found.value) }
        : { done: true, href: `/users/import/${found.value.id}` },
    )
  })

  app.get<Params>(
    '/users/import/:id/mistakes',
    { config: { ...config, file: true }, exposeHeadRoute: false },
    async (request, reply) => {
      const found = await findImport(deps, userActor(request), request.params.id)
      if (!found.ok) return reply.refuse(found)
      return sendCsv(
        reply,
        request.t('user-csv.files.mistakes'),
        csvOf(mistakeLines(deps, request, found.value)),
      )
    },
  )
}

const isUnderWay = ({ state }: UserImport): boolean =>
  state === 'receiving' || state === 'checking' || state === 'registering'

const waitingText = ({ t }: FastifyRequest, file: UserImport): string =>
  file.state === 'registering'
    ? t('user-csv.waiting.registering')
    : t('user-csv.waiting.checking', {
        count: file.rowsRead,
        percent: Math.min(99, Math.floor((file.bytesRead * 100) / Math.max(1, file.size))),
      })

const tones = {
  receiving: 'info',
  checking: 'info',
  unreadable: 'attention',
  checked: 'info',
  registering: 'info',
  registered: 'good',
} as const satisfies Record<UserImport['state'], string>

const tagOf = (t: FastifyRequest['t'], file: UserImport) =>
  file.state === 'checked' && file.mistakes > 0
    ? { text: t('user-csv.states.mistaken'), tone: 'attention' }
    : { text: t(`user-csv.states.${file.state}`), tone: tones[file.state] }

/** Where a file stands: waiting, why it can't be read, its mistakes, what would be registered, or what was. */
const filePage = async (deps: Deps, request: FastifyRequest, reply: FastifyReply, file: UserImport) => {
  const { t } = request
  const address = `/users/import/${file.id}`
  const visit = { t, formats: formatsOf(request.language) }
  const problem = file.problem ? t(`reasons.${file.problem.reason}`, file.problem.params) : undefined
  if (isUnderWay(file))
    return reply.page('user-csv/waiting', {
      screen: 'BRSK062',
      title: t(`user-csv.waiting.titles.${file.state === 'registering' ? 'registering' : 'checking'}`),
      refreshSeconds,
      problem,
      waiting: { text: waitingText(request, file), pollUrl: `${address}/state` },
    })
  if (file.state === 'unreadable')
    return reply.page('user-csv/unreadable', {
      screen: 'BRSK069',
      title: t('user-csv.unreadable.title'),
      problem,
      fileName: file.fileName,
    })
  const rows = fileRows(visit, file)
  if (file.state === 'registered')
    return reply.page('user-csv/registered', {
      screen: 'BRSK064',
      title: t('user-csv.registered.title'),
      rows,
      count: file.registrable,
      print: { parts: [{ title: t('user-csv.facts.title'), rows }] },
    })
  if (file.mistakes > 0) return mistakesPage(deps, request, reply, file, { rows, problem })
  return reply.page('user-csv/checked', {
    screen: 'BRSK063',
    title: t('user-csv.checked.title'),
    problem,
    rows,
    ready: isReady(file),
    registerAction: `${address}/registration`,
    count: file.registrable,
    users: (await listStaged(deps, userActor(request), file.id)).map(user => [
      String(user.row),
      user.loginId,
      user.name,
      user.email,
      t(`users.roles.${user.role}`),
    ]),
  })
}

const mistakeCells = ({ t }: FastifyRequest, mistake: ListedMistake): string[] => [
  String(mistake.row),
  mistake.heading,
  mistake.value,
  t(`reasons.${mistake.reason}`, (mistake.params ?? {}) as Record<string, string | number>),
]

const mistakesPage = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  file: UserImport,
  parts: { rows: unknown; problem: string | undefined },
) => {
  const { t } = request
  const listed = Math.min(file.mistakes, mostMistakes)
  const last = Math.max(1, Math.ceil(listed / mistakesPerPage))
  const page = Math.min(pageNumber.parse(request.query).page, last)
  const actor = userActor(request)
  const mistakes = await listMistakes(deps, actor, file.id, (page - 1) * mistakesPerPage, mistakesPerPage)
  return reply.page('user-csv/mistakes', {
    screen: 'BRSK070',
    title: t('user-csv.mistakes.title'),
    ...parts,
    count: file.mistakes,
    beyond: file.mistakes > listed ? listed : undefined,
    downloadHref: `/users/import/${file.id}/mistakes`,
    mistakes: mistakes.map(mistake => mistakeCells(request, mistake)),
    pagination: paginationOf(
      { total: listed, page, size: mistakesPerPage },
      number => `/users/import/${file.id}?page=${number}`,
    ),
  })
}

async function* mistakeLines(deps: Deps, request: FastifyRequest, file: UserImport) {
  const { t } = request
  yield ['row', 'heading', 'value', 'mistake'].map(column => t(`user-csv.mistakes.columns.${column}`))
  for (let from = 0; ; ) {
    const mistakes = await listMistakes(deps, userActor(request), file.id, from, 500)
    for (const mistake of mistakes) yield mistakeCells(request, mistake)
    const last = mistakes.at(-1)
    if (!last) return
    from = last.number + 1
  }
}
