import { request as requestInTheClear } from 'node:http'
import { Agent, request } from 'node:https'
import type { LookupFunction } from 'node:net'

/** A certificate file as its owner holds it. */
export type Identity = { pfx: Buffer; passphrase: string }

export type Page = {
  status: number
  url: string
  path: string
  headers: Record<string, string | string[] | undefined>
  body: Buffer
  /** The page as a person reads it: without tags, white space folded. */
  text: string
  html: string
}

type Options = {
  /** Redirects are followed unless said otherwise. */
  follow?: boolean
  headers?: Record<string, string>
}

// `*.localhost` is this machine in every browser (RFC 6761); Node asks the resolver, which may not know.
const lookup: LookupFunction = (_host, options, done) =>
  options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
/** Text of a page's source as it is meant. */
export const unescaped = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (_all, name: string) => entities[name] ?? '')

const textOf = (html: string) =>
  unescaped(
    html
      .replace(/<(script|style|noscript)[\s\S]*?<\/\1>/g, ' ')
      .replace(/<[^>]+>/g, ' ')
      .replace(/[ \t\r\n]+/g, ' '),
  ).trim()

const nowhere: Page = { status: 0, url: '', path: '', headers: {}, body: Buffer.alloc(0), text: '', html: '' }

/**
 * A person at a browser without JavaScript: keeps cookies by host, presents a certificate if there is one, follows
 * redirects, sends the CSRF token of the page they are on. `page` is what they see.
 */
export class Visitor {
  page: Page = nowhere
  /** Cookies by host name, as browsers keep `__Host-` ones. */
  readonly cookies = new Map<string, Map<string, string>>()
  readonly #agent: Agent
  readonly #portal: string

  constructor(options: { portal: string; ca: string; identity?: Identity }) {
    this.#portal = options.portal
    this.#agent = new Agent({ keepAlive: true, ca: options.ca, lookup, ...options.identity })
  }

  get(address: string, options: Options = {}): Promise<Page> {
    return this.#go('GET', this.#resolve(address), undefined, options)
  }

  /** Sends a form from the page they are on; `_csrf: ''` leaves the token out. */
  post(
    address: string,
    fields: Record<string, string | string[]> = {},
    options: Options = {},
  ): Promise<Page> {
    const form = new URLSearchParams()
    const token = this.csrfToken()
    if (token && !('_csrf' in fields)) form.append('_csrf', token)
    for (const [name, value] of Object.entries(fields))
      for (const each of [value].flat()) form.append(name, each)
    return this.#go('POST', this.#resolve(address), Buffer.from(form.toString()), {
      ...options,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...options.headers },
    })
  }

  /** Sends a form with one file from the page they are on; `_csrf: ''` leaves the token out. */
  upload(
    address: string,
    file: { name: string; content: Uint8Array; field?: string; type?: string },
    fields: Record<string, string> = {},
    options: Options = {},
  ): Promise<Page> {
    const boundary = '----formularfield7MA4YWxk'
    const token = this.csrfToken()
    const all = { ...(token && { _csrf: token }), ...fields }
    const part = (head: string) => `--${boundary}\r\ncontent-disposition: form-data; ${head}`
    const body = Buffer.concat([
      ...Object.entries(all).map(([name, value]) =>
        Buffer.from(`${part(`name="${name}"`)}\r\n\r\n${value}\r\n`),
      ),
      Buffer.from(
        `${part(`name="${file.field ?? 'file'}"; filename="${file.name}"`)}\r\n` +
          `content-type: ${file.type ?? 'text/csv'}\r\n\r\n`,
      ),
      file.content,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ])
    return this.#go('POST', this.#resolve(address), body, {
      ...options,
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, ...options.headers },
    })
  }

  /** Sends a body of any type and content, which a browser never would. */
  postBody(address: string, type: string, body: string, options: Options = {}): Promise<Page> {
    const headers = { 'content-type': type, ...options.headers }
    return this.#go('POST', this.#resolve(address), Buffer.from(body), { ...options, headers })
  }

  /** The token that this page's forms carry. */
  csrfToken(): string | undefined {
    return /name="_csrf" value="([^"]+)"/.exec(this.page.html)?.[1]
  }

  /** Certificate login as far as the password goes; `page` says where it led. */
  async logIn(password: string): Promise<Page> {
    await this.get(`${this.#portal}/login/certificate`)
    return this.post('/login', { password })
  }

  /** The cookies that would be sent to the host of this page. */
  cookieHeader(host = new URL(this.page.url).hostname): string {
    return [...(this.cookies.get(host) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  close(): void {
    this.#agent.destroy()
  }

  #resolve(address: string): URL {
    return new URL(address, this.page.url === '' ? this.#portal : this.page.url)
  }

  async #go(method: string, url: URL, body: Buffer | undefined, options: Options): Promise<Page> {
    const page = await this.#send(method, url, body, options)
    this.page = page
    const { location } = page.headers
    if (options.follow === false || page.status < 300 || page.status > 399 || typeof location !== 'string')
      return page
    return this.#go('GET', new URL(location, url), undefined, {})
  }

  #send(method: string, url: URL, body: Buffer | undefined, options: Options): Promise<Page> {
    return new Promise((resolve, reject) => {
      const cookie = this.cookieHeader(url.hostname)
      // Services of single sign-on may lie elsewhere, without TLS.
      const inTheClear = url.protocol === 'http:'
      const sent = (inTheClear ? requestInTheClear : request)(
        url,
        {
          method,
          ...(inTheClear ? { agent: false, lookup } : { agent: this.#agent }),
          headers: {
            ...(cookie && { cookie }),
            ...(body && { 'content-length': body.length, origin: url.origin }),
            ...options.headers,
          },
        },
        answer => {
          const chunks: Buffer[] = []
          answer.on('data', (chunk: Buffer) => chunks.push(chunk))
          answer.on('error', reject)
          answer.on('end', () => {
            this.#keep(url.hostname, answer.headers['set-cookie'] ?? [])
            const bytes = Buffer.concat(chunks)
            const html = bytes.toString('utf8')
            resolve({
              status: answer.statusCode ?? 0,
              url: url.href,
              path: url.pathname,
              headers: answer.headers,
              body: bytes,
              html,
              text: textOf(html),
            })
          })
        },
      )
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // A kept-alive connection that the other end has closed meanwhile: browsers ask again over a new one.
        if (method === 'GET' && sent.reusedSocket && error.code === 'ECONNRESET')
          this.#send(method, url, body, options).then(resolve, reject)
        else reject(error)
      })
      sent.end(body)
    })
  }

  #keep(host: string, lines: string[]): void {
    const jar = this.cookies.get(host) ?? new Map<string, string>()
    for (const line of lines) {
      const [pair = ''] = line.split(';')
      const [name = '', ...value] = pair.split('=')
      if (/;\s*(max-age=0|expires=thu, 01 jan 1970)/i.test(line)) jar.delete(name)
      else jar.set(name, value.join('='))
    }
    this.cookies.set(host, jar)
  }
}
