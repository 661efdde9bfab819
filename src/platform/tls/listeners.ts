import { constants } from 'node:crypto'
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../kernel/clock.ts'
import { createJudge, type Judge } from './judge.ts'

/** Milliseconds that a connection may take to speak TLS; Node's own two minutes let a stranger keep thousands open. */
export const handshakeTimeout = 10_000

/** Which door a request came in by. */
export type Door = 'portal' | 'certificate'

/** Marks the sockets of the certificate listener, so that nothing but the connection itself says which door it is. */
const certificateSockets = new WeakMap<Socket, Judge>()

/** Who judges the certificate of a connection that the certificate listener has taken; undefined for any other. */
export const judgeOf = (socket: Socket): Judge | undefined => certificateSockets.get(socket)

/** Open connections by the SHA-256 of the certificate they presented, so that a revocation can close them (C-14). */
export type CertificateConnections = {
  /**
   * Ends every open connection that presented this certificate, and gives how many there were: at once where nothing is
   * under way, otherwise with the answer, so that whoever revokes their own certificate still reads that it is done.
   */
  close(fingerprint: string): number
  count(): number
  /** The certificates that open connections have presented. */
  fingerprints(): string[]
}

export type CertificateListener = {
  server: HttpsServer
  connections: CertificateConnections
  /** From the next handshake on, certificates of these CAs (PEM) are asked for; open connections stay (C-16). */
  trust(clientCas: string[]): void
}

/**
 * The certificate listener: the same requests as the portal's, over connections that ask for a client certificate.
 * A connection without a valid one is let in, so that a page can say what is wrong; its judge decides what it is worth,
 * and OpenSSL only that whoever presented it holds its key. Resumed sessions and renegotiation would skip the check of the certificate: neither is offered (C-14).
 */
export const createCertificateListener = (options: {
  key: Buffer | string
  cert: Buffer | string
  /** PEM of the issuing CAs whose certificates are asked for. */
  clientCas: string[]
  clock: Clock
  handle: (request: IncomingMessage, response: ServerResponse) => void
  /** The portal's server, whose time limits hold here too. */
  like: HttpServer
}): CertificateListener => {
  const contextFor = (clientCas: string[]) => ({
    key: options.key,
    cert: options.cert,
    ca: clientCas,
    minVersion: 'TLSv1.2' as const,
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  })
  const judge = createJudge({ issuers: options.clientCas, clock: options.clock })
  const server = createHttpsServer(
    {
      ...contextFor(options.clientCas),
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout,
    },
    options.handle,
  )
  server.keepAliveTimeout = options.like.keepAliveTimeout
  server.requestTimeout = options.like.requestTimeout
  server.headersTimeout = options.like.headersTimeout
  const open = new Map<string, Set<TLSSocket>>()
  server.on('secureConnection', (socket: TLSSocket) => {
    certificateSockets.set(socket, judge)
    const certificate = socket.getPeerX509Certificate()
    if (!certificate) return
    const fingerprint = fingerprintOf(certificate.fingerprint256)
    const sockets = open.get(fingerprint) ?? new Set()
    open.set(fingerprint, sockets.add(socket))
    socket.once('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) open.delete(fingerprint)
    })
  })
  const answering = new WeakMap<Socket, ServerResponse>()
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answering.set(request.socket, response)
    response.once('close', () => answering.delete(request.socket))
  })
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
  })
  return {
    server,
    trust: clientCas => {
      server.setSecureContext(contextFor(clientCas))
      judge.trust(clientCas)
    },
    connections: {
      close: fingerprint => {
        const sockets = [...(open.get(fingerprint) ?? [])]
        for (const socket of sockets) endAfter(socket, answering.get(socket))
        return sockets.length
      },
      count: () => [...open.values()].reduce((sum, sockets) => sum + sockets.size, 0),
      fingerprints: () => [...open.keys()],
    },
  }
}

/** How long an answer under way may still take on a connection that is to end, in milliseconds. */
const lastAnswer = 3_000

const endAfter = (socket: TLSSocket, response: ServerResponse | undefined): void => {
  if (!response || response.writableFinished) {
    socket.destroy()
    return
  }
  if (!response.headersSent) response.setHeader('connection', 'close')
  response.once('finish', () => socket.destroySoon())
  setTimeout(() => socket.destroy(), lastAnswer).unref()
}

/** Node writes fingerprints as `AB:CD:…`; the portal keeps them as lower-case hexadecimal. */
export const fingerprintOf = (fingerprint256: string): string =>
  fingerprint256.replaceAll(':', '').toLowerCase()

/**
 * Remembers the connections of a server that have not asked for anything yet: browsers open some in advance, and
 * closing would wait for them although nothing is under way. Gives what ends them.
 */
export const watchUnused = (server: HttpServer | HttpsServer): (() => void) => {
  // A TLS server shows the raw socket at first and another one at the request: the peer's port is the same.
  const unused = new Map<string, Socket>()
  const nameOf = (socket: Socket) => `${socket.remoteAddress}:${socket.remotePort}`
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket)
    unused.set(name, socket)
    socket.once('close', () => {
      if (unused.get(name) === socket) unused.delete(name)
    })
  })
  server.on('request', (request: IncomingMessage) => unused.delete(nameOf(request.socket)))
  return () => {
    for (const socket of unused.values()) socket.destroy()
  }
}

/** Stops taking connections, lets requests under way finish for up to `graceSeconds`, then closes what is left. */
export const closeListener = (server: HttpsServer | HttpServer, graceSeconds = 5): Promise<void> =>
  new Promise(resolve => {
    server.close(() => resolve())
    server.closeIdleConnections()
    setTimeout(() => server.closeAllConnections(), graceSeconds * 1000).unref()
  })
