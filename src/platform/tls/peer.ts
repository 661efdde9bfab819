import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { doorOf, fingerprintOf } from './listeners.ts'

/**
 * What a connection proved by its handshake: nothing, a certificate that one of our CAs did not sign or that is out
 * of its time, or one that is genuine. Whether a genuine one is revoked only its row tells, at every request (C-14).
 */
export type Peer =
  | { presented: false }
  | { presented: true; genuine: false; why: 'foreign' | 'expired' }
  | { presented: true; genuine: true; fingerprint: string; serial: string }

const nobody: Peer = { presented: false }
const known = new WeakMap<Socket, Peer>()

const look = (socket: TLSSocket): Peer => {
  const certificate = socket.getPeerX509Certificate()
  if (!certificate) return nobody
  if (socket.authorized)
    return {
      presented: true,
      genuine: true,
      fingerprint: fingerprintOf(certificate.fingerprint256),
      serial: certificate.serialNumber,
    }
  const expired = String(socket.authorizationError) === 'CERT_HAS_EXPIRED'
  return { presented: true, genuine: false, why: expired ? 'expired' : 'foreign' }
}

/** The peer of a request's connection; looked up once a connection, for the handshake happens once. */
export const peerOf = (socket: Socket): Peer => {
  if (doorOf(socket) !== 'certificate') return nobody
  const before = known.get(socket)
  if (before) return before
  const peer = look(socket as TLSSocket)
  known.set(socket, peer)
  return peer
}
