import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import type { Clock } from '../../kernel/clock.ts'
import type { PdfPrinter } from '../pdf/pdf.ts'
import { type Printable, type PrintedAbout, sheetOf } from '../pdf/printable.ts'

export type { Printable, PrintablePart, PrintedAbout, PrintedCell } from '../pdf/printable.ts'

export type Print = Printable | (() => Promise<Printable>)

export type PrintOptions = {
  pdf: PdfPrinter
  clock: Clock
  /** Writes a print into the history, before the file is given out (F-04). */
  record: (request: FastifyRequest, screen: string, about: PrintedAbout) => Promise<void>
}

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Answers with a PDF of its own, such as a letter that is made once: recorded like every print, shown in the
     * browser, kept by no cache. A page that can be asked for again declares `print` instead.
     */
    pdf(file: Printable & { title: string; screen: string }): Promise<FastifyReply>
  }
}

/** The addresses of a page's prints: the question, the file, and the page itself. */
export type PrintAddresses = { ask: string; file: string; page: string }

/** Whether a page is asked for as a PDF (`print=pdf`) or for the question before it (`print=ask`). */
export const printAsked = (request: FastifyRequest): 'ask' | 'pdf' | undefined => {
  const { print } = (request.query ?? {}) as { print?: unknown }
  return request.method === 'GET' && (print === 'ask' || print === 'pdf') ? print : undefined
}

/** The addresses by which this page is printed, conditions and all. */
export const printAddresses = ({ originalUrl }: FastifyRequest): PrintAddresses => {
  const [path = '/', query = ''] = originalUrl.split('?', 2)
  const address = (print?: string) => {
    const conditions = new URLSearchParams(query)
    conditions.delete('print')
    if (print) conditions.set('print', print)
    return conditions.size > 0 ? `${path}?${conditions}` : path
  }
  return { ask: address('ask'), file: address('pdf'), page: address() }
}

/** Gives `reply.pdf`. */
export const print = plugin(
  async (app: FastifyInstance, options: PrintOptions) => {
    app.decorateReply('pdf', async function pdf(this: FastifyReply, printable) {
      const { request } = this
      const file = await options.pdf.print(
        sheetOf({ ...printing(request), at: options.clock.now() }, printable),
      )
      await (printable.recorded?.() ?? options.record(request, printable.screen, printable.about ?? {}))
      return this.type('application/pdf')
        .header('content-disposition', attachmentName('inline', `${printable.title}.pdf`))
        .send(file)
    })
  },
  { name: 'print' },
)

/** A file's name for people, in any script (RFC 6266), with a plain one for what can't read that. */
export const attachmentName = (kind: 'inline' | 'attachment', name: string): string => {
  const ending = /\.[a-z0-9]+$/.exec(name)?.[0] ?? ''
  const encoded = encodeURIComponent(name).replace(/['()*]/g, each => `%${each.charCodeAt(0).toString(16)}`)
  return `${kind}; filename="sekisho${ending}"; filename*=UTF-8''${encoded}`
}

/** Who prints, in which language. */
const printing = (request: FastifyRequest) => {
  const { actor, t, language } = request
  const company = request.live?.company?.name
  return {
    t,
    language,
    ...(company !== undefined && { company }),
    operator:
      actor.kind === 'user' || actor.kind === 'staff'
        ? t('print.operatorWithId', { name: actor.name, loginId: actor.loginId })
        : t('print.noOperator'),
  }
}
