import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { frontedOf } from './front.ts'
import { foreign, type Judge } from './judge.ts'
import { type Door, judgeOf } from './listeners.ts'

/** A certificate that one of our CAs signed for logging in, whatever has become of it since. */
export type Signed = { fingerprint: string; serial: string }

/**
 * What a connection proved by its handshake: nothing, a certificate that one of our CAs did not sign or that is out
 * of its time, or one that is genuine. Whether a genuine one is revoked its row tells, at every request (C-14); a front
 * that has a list of the revoked may say so before. It verifies the signature first, and then says which one it was.
 */
export type Peer =
  | { presented: false }
  | { presented: true; genuine: false; why: 'foreign' }
  | ({ presented: true; genuine: false; why: 'expired' | 'revoked' } & Signed)
  | ({ presented: true; genuine: true } & Signed)

/** Which certificate of ours a connection showed, genuine or no longer; it opens nothing by that (F-02). */
export const signedOf = (peer: Peer): Signed | undefined => ('fingerprint' in peer ? peer : undefined)

const nobody: Peer = { presented: false }
const known = new WeakMap<Socket, Peer>()

const look = (socket: TLSSocket, judge: Judge): Peer => {
  const certificate = socket.getPeerX509Certificate()
  if (!certificate) return nobody
  return judge.isOurs(certificate) ? judge.worthOf(certificate) : foreign
}

/** Which door a request came in by: the connection decides, or the front where it came through one. */
export const doorOf = (request: IncomingMessage): Door => {
  const fronted = frontedOf(request)
  if (fronted) return fronted.broken ? 'portal' : fronted.door
  return judgeOf(request.socket) ? 'certificate' : 'portal'
}

/** The peer of a request; at the program's own listener looked up once a connection, for the handshake happens once. */
export const peerOf = (request: IncomingMessage): Peer => {
  const fronted = frontedOf(request)
  if (fronted) return fronted.broken ? nobody : fronted.peer
  const { socket } = request
  const judge = judgeOf(socket)
  if (!judge) return nobody
  const before = known.get(socket)
  if (before) return before
  const peer = look(socket as TLSSocket, judge)
  known.set(socket, peer)
  return peer
}

/** The protocol of the connection a request came by, such as `TLSv1.3`; null where nobody can say. */
export const protocolOf = (request: IncomingMessage): string | null => {
  const fronted = frontedOf(request)
  if (fronted) return fronted.broken ? null : fronted.protocol
  return request.socket instanceof TLSSocket ? request.socket.getProtocol() : null
}
