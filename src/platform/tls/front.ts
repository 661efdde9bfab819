import { X509Certificate } from 'node:crypto'
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { isIP, type Socket } from 'node:net'
import type { Clock } from '../../kernel/clock.ts'
import { createJudge, foreign } from './judge.ts'
import type { Door } from './listeners.ts'
import type { Peer } from './peer.ts'

/**
 * What nginx says of a connection, one header each; it overwrites whatever a browser sends under these names
 * (deploy/nginx). They count on the front's Unix socket alone: from anywhere else they are an attempt to pose as
 * somebody.
 */
export const frontHeaders = {
  /** `portal` or `certificate`: which of nginx's server blocks took the request. */
  door: 'x-sekisho-door',
  /** The certificate presented, PEM with percent escapes (`$ssl_client_escaped_cert`); absent without one. */
  certificate: 'x-sekisho-client-certificate',
  /** What nginx's own check of it came to (`$ssl_client_verify`). */
  verification: 'x-sekisho-client-verify',
  /** The protocol of the connection, as OpenSSL names it (`$ssl_protocol`); absent where the front does not say. */
  protocol: 'x-sekisho-tls-version',
} as const

/** A request as the front describes it; `broken` where the description itself can't be right. */
export type Fronted = { broken: false; door: Door; peer: Peer; protocol: string | null } | { broken: true }

export type FrontListener = {
  server: HttpServer
  /** From the next request on, certificates of these issuers (PEM) count, and no others. */
  trust(issuers: readonly string[]): void
}

const broken: Fronted = { broken: true }
const nobody: Peer = { presented: false }
const protocolName = /^(TLS|SSL)v\d(\.\d)?$/
/** Certificates whose signatures were verified lately: a page and its assets come with the same one. */
const remembered = 1_000

type Verify = (escaped: string, verification: string) => Peer

const fronts = new WeakMap<Socket, Verify>()
const known = new WeakMap<IncomingMessage, Fronted>()

/** Whether a request came over the front's Unix socket. */
export const cameByFront = (request: IncomingMessage): boolean => fronts.has(request.socket)

/** What the front says of a request; undefined where it came by another way. */
export const frontedOf = (request: IncomingMessage): Fronted | undefined => {
  const verify = fronts.get(request.socket)
  if (!verify) return undefined
  const before = known.get(request)
  if (before) return before
  const fronted = read(request, verify)
  known.set(request, fronted)
  return fronted
}

/** Each header once: of two, one would be somebody else's. */
const single = (request: IncomingMessage, name: string): string | undefined => {
  const values = request.headersDistinct[name] ?? []
  return values.length === 1 ? values[0] : undefined
}

const isAbsent = (request: IncomingMessage, name: string) => request.headersDistinct[name] === undefined

const read = (request: IncomingMessage, verify: Verify): Fronted => {
  const door = single(request, frontHeaders.door)
  const address = single(request, 'x-forwarded-for')
  if (address === undefined || isIP(address) === 0) return broken
  // Host is the one name of a request; a second one would decide which host a session belongs to.
  if (!isAbsent(request, 'x-forwarded-host')) return broken
  const protocol = isAbsent(request, frontHeaders.protocol) ? null : single(request, frontHeaders.protocol)
  if (protocol === undefined || (protocol !== null && !protocolName.test(protocol))) return broken
  if (isAbsent(request, frontHeaders.certificate))
    return door === 'portal' || door === 'certificate'
      ? { broken: false, door, peer: nobody, protocol }
      : broken
  const escaped = single(request, frontHeaders.certificate)
  const verification = single(request, frontHeaders.verification)
  // The portal's own host asks nobody for a certificate.
  if (door !== 'certificate' || escaped === undefined || verification === undefined) return broken
  return { broken: false, door, peer: verify(escaped, verification), protocol }
}

const parse = (escaped: string): X509Certificate | undefined => {
  try {
    return new X509Certificate(decodeURIComponent(escaped))
  } catch {
    return undefined
  }
}

/**
 * The listener for nginx, over a Unix socket that only nginx may reach: the program verifies again what nginx passes
 * on, signature, purpose and time, and the certificate's row decides as it does at the program's own listener (C-14).
 * nginx's own check is a second line, and may only refuse: what its CRL says is revoked is no longer good, and its row
 * says how it ended.
 */
export const createFrontListener = (options: {
  /** PEM of the issuing CAs whose certificates count. */
  issuers: readonly string[]
  clock: Clock
  handle: (request: IncomingMessage, response: ServerResponse) => void
  /** The portal's server, whose time limits hold here too. */
  like: HttpServer
}): FrontListener => {
  const judge = createJudge(options)
  const verified = new Map<string, X509Certificate | undefined>()
  const genuineOf = (escaped: string): X509Certificate | undefined => {
    if (verified.has(escaped)) return verified.get(escaped)
    const certificate = parse(escaped)
    const genuine = certificate && judge.isOurs(certificate) ? certificate : undefined
    const [oldest] = verified.keys()
    if (oldest !== undefined && verified.size >= remembered) verified.delete(oldest)
    verified.set(escaped, genuine)
    return genuine
  }
  const verify: Verify = (escaped, verification) => {
    const certificate = genuineOf(escaped)
    if (!certificate) return foreign
    const peer = judge.worthOf(certificate)
    // The list knows no more than that it ended: how, its row says.
    return 'fingerprint' in peer && peer.genuine && /^FAILED:certificate revoked/i.test(verification)
      ? { ...peer, genuine: false, why: 'revoked' }
      : peer
  }
  // A certificate travels in a header here, where it came in the handshake before.
  const server = createServer({ maxHeaderSize: 32 * 1024 }, options.handle)
  server.keepAliveTimeout = options.like.keepAliveTimeout
  server.requestTimeout = options.like.requestTimeout
  server.headersTimeout = options.like.headersTimeout
  server.on('connection', socket => fronts.set(socket, verify))
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
  })
  return {
    server,
    trust: pems => {
      judge.trust(pems)
      verified.clear()
    },
  }
}
