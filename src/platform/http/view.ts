import { transcode } from 'node:buffer'
import { Eta } from 'eta'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import { formatsOf } from '../formats.ts'
import type { Language, Translate, Translations } from '../i18n.ts'
import { languageOf } from './language.ts'
import { pageAddress } from './page-address.ts'
import { type Print, printAddresses, printAsked } from './print.ts'

/** What the header of a page after login says (B-10). */
export type HeaderInfo = {
  companyName: string
  userId: string
  userName: string
  /** Absent at the first login. `from` is where from: an address or a place. */
  lastLogin?: { at: Date; from: string }
  /** Address of パスワード変更; absent where the user may not. */
  passwordHref?: string
  /** Where the logout button posts to. */
  logoutAction: string
}

export type NavigationItem = { href: string; text: string; current?: boolean }

/** What surrounds a page, known from the request alone: who is there and where they may go. */
export type PageFrame = {
  layout: 'plain' | 'portal' | 'helpdesk'
  header?: HeaderInfo
  navigation?: NavigationItem[]
  /** Where the product's name in the header leads to. */
  homeHref?: string
  /** Seconds of idleness after which the session ends, on pages with a session (B-12). */
  idleSeconds?: number
  /** Where the timeout dialog posts to and where it ends: `/session/extend` and `/timeout` unless given. */
  extendUrl?: string
  timeoutUrl?: string
  /** Whom to call, from the bank's settings (H-07). */
  helpdesk?: { phone?: string; hours?: string; closedNow?: string }
}

export type FieldError = { field: string; message: string }

export type Progress = {
  steps: { name: string; title: string; state: 'done' | 'current' | 'todo'; href?: string }[]
  current: number
  total: number
}

/** What a route gives to a page; everything else it names reaches the template under the same name. */
export type PageData = {
  /** Screen ID of the page's corner, such as `BR5K006`. */
  screen: string
  /** The task, as the heading says it. */
  title: string
  values?: Record<string, unknown>
  errors?: FieldError[]
  progress?: Progress
  /** What has just been done, shown once above the heading. */
  notice?: string
  /** What 「印刷」 prints: declared once, it brings the button, the question and the PDF (G-07). */
  print?: Print
  /** Another layout than the frame's, for error pages of a lost session. */
  layout?: PageFrame['layout']
  [name: string]: unknown
}

export type ViewOptions = {
  /** The folder `views`, absolute. */
  root: string
  /** True keeps compiled templates; false reads them again at each page. */
  cache: boolean
  translations: Translations
  /** The preset by whose manual this page's reader knows things; undefined for the bank's own people. */
  presetOf: (request: FastifyRequest) => string | undefined
  /** Called once a page; must only read what hooks have already put on the request. */
  frame: (request: FastifyRequest) => PageFrame
  /** Where this page's files come from, without final slash; empty for the page's own host. */
  assetOrigin: (request: FastifyRequest) => string
  /** The token that forms carry; empty where there is no session to tie it to. */
  csrfToken: (request: FastifyRequest, reply: FastifyReply) => string
}

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Answers with the template `views/<view>.eta` (`users/list`) in its layout.
     * @param status 200 unless given; 422 is for forms that come back with errors.
     */
    page: (view: string, data: PageData, status?: number) => FastifyReply
  }
  interface FastifyRequest {
    /** The reader's language. */
    readonly language: Language
    /** Text in the reader's language. */
    readonly t: Translate
    /** Texts in another language than the reader's: for a letter to somebody else. */
    wordsIn(language: Language, preset?: string): Translate
  }
}

// House rule 9: templates escape everything. Markup may only come from a template, never from data:
// another template, a named block, or the captured body handed to a layout or partial.
const markupFromTemplates = /^\s*(?:include\(|block\(|it\.(?:\w+\.)?body\s*$)/

/** The template engine with the house's restriction on raw output; also used for mails and by tests. */
export const createTemplates = (root: string, cache: boolean): Eta => {
  const templates = new Eta({
    views: root,
    cache,
    functionHeader: 'const t = it.t;',
    plugins: [
      {
        processAST: nodes => {
          for (const node of nodes)
            if (typeof node === 'object' && node.t === 'r' && !markupFromTemplates.test(node.val))
              throw new Error(`Raw output is not allowed in templates: ${node.val}`)
          return nodes
        },
      },
    ],
  })
  if (!cache) return templates
  // A page includes two dozen partials, and Eta would look for each one's file anew.
  const resolvePath = templates.resolvePath.bind(templates)
  const known = new Map<string, string>()
  templates.resolvePath = (path, options) => {
    // Named from the root, as all are in pages, a partial is the same wherever it is included.
    const key = path.startsWith('/') ? path : `${options?.filepath ?? ''} ${path}`
    const found = known.get(key) ?? resolvePath(path, options)
    known.set(key, found)
    return found
  }
  return templates
}

/**
 * A page in the bytes it is sent as. V8 holds what is Japanese in two bytes a character, and writes UTF-8 of that one
 * character at a time, at what all the rendering costs; converted from UTF-16 as a whole it takes a third of it.
 */
const bytesOf = (html: string): Buffer => {
  try {
    return transcode(Buffer.from(html, 'utf16le'), 'utf16le', 'utf8')
  } catch {
    return Buffer.from(html) // half a character of somebody's: it is shown as none
  }
}

/**
 * Gives `reply.page(view, data, status?)`, `request.language`, `request.t`, and `request.wordsIn(language)` for what is
 * written to somebody else than the reader.
 * Templates find in `it`, beside the route's data: `t` (also as plain `t(…)`), `language`, `formatDateTime`,
 * `formatDateTimeCompact`, `formatDate`, `formatYen`, `csrfToken`, `path`, `asset(name)`, and the frame's
 * `layout`, `header`, `navigation`, `homeHref`, `idleSeconds`, `helpdesk`.
 */
const view: FastifyPluginAsync<ViewOptions> = async (app, options) => {
  const templates = createTemplates(options.root, options.cache)

  app.decorateRequest('language', {
    getter() {
      return languageOf(this)
    },
  })
  app.decorateRequest('t', {
    getter() {
      return options.translations(languageOf(this), options.presetOf(this))
    },
  })

  app.decorateRequest('wordsIn', (language: Language, preset?: string) =>
    options.translations(language, preset),
  )

  app.decorateReply('page', function page(this: FastifyReply, name, data, status = 200) {
    const { request } = this
    const { print: declared, ...given } = data
    // A form that came back with errors, or the answer to a POST, can't be asked for again.
    const printable = status === 200 && request.method === 'GET' ? declared : undefined
    const asked = printable && printAsked(request)
    if (printable && asked === 'pdf') {
      sendPrint(this, printable, data).catch((error: Error) => this.send(error))
      return this
    }
    const language = request.language
    const formats = formatsOf(language)
    const page = templates.render(asked === 'ask' ? 'print/ask' : name, {
      ...options.frame(request),
      language,
      t: request.t,
      formatDateTime: formats.dateTime,
      formatDateTimeCompact: formats.dateTimeCompact,
      formatDate: formats.date,
      formatYen: formats.yen,
      asset: (name: string) => options.assetOrigin(request) + app.asset(name),
      csrfToken: options.csrfToken(request, this),
      path: pageAddress(request),
      values: {},
      errors: [],
      ...given,
      ...(printable && { printing: printAddresses(request), printAsked: asked }),
      ...(asked === 'ask' && { title: request.t('print.ask.title') }),
    })
    this.status(status)
    this.header('content-language', language)
    this.type('text/html; charset=utf-8')
    return this.send(bytesOf(page))
  })
}

const sendPrint = async (reply: FastifyReply, print: Print, { title, screen }: PageData) => {
  const printable = typeof print === 'function' ? await print() : print
  await reply.pdf({ ...printable, title: printable.title ?? title, screen })
}

export default plugin(view, { name: 'view', dependencies: ['assets'] })
