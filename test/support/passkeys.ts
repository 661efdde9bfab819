import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'
import { demoOf } from './factors.ts'
import type { Portal } from './portal.ts'
import type { Visitor } from './visitor.ts'
import { atHome, type Role } from './ways-in.ts'

const sha256 = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest()

// Flags of WebAuthn's authenticator data: user present, user verified, attested credential data.
const present = 0x01
const presentAndVerified = 0x05
const withCredential = 0x40

/** A device that makes one passkey and signs with it, as a browser hands its answers over. */
export class Device {
  readonly #origin: string
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  readonly #id = randomBytes(32)

  constructor(origin: string) {
    this.#origin = origin
  }

  /** The answer to a registration's challenge, as its JSON text; of a device that verified nobody, if asked. */
  register(challenge: string, { verified = true } = {}): string {
    const { x = '', y = '' } = this.#keys.publicKey.export({ format: 'jwk' })
    // COSE: kty EC2, alg ES256, crv P-256, x, y.
    const publicKey = isoCBOR.encode(
      new Map<number, number | Uint8Array>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, new Uint8Array(Buffer.from(x, 'base64url'))],
        [-3, new Uint8Array(Buffer.from(y, 'base64url'))],
      ]),
    )
    const authData = Buffer.concat([
      this.#authenticatorData((verified ? presentAndVerified : present) | withCredential),
      Buffer.alloc(16),
      Buffer.from([0, this.#id.length]),
      this.#id,
      publicKey,
    ])
    const attestation = isoCBOR.encode(
      new Map<string, string | Uint8Array | Map<string, never>>([
        ['fmt', 'none'],
        ['attStmt', new Map<string, never>()],
        ['authData', new Uint8Array(authData)],
      ]),
    )
    return this.#answer({
      clientDataJSON: this.#clientData('webauthn.create', challenge).toString('base64url'),
      attestationObject: Buffer.from(attestation).toString('base64url'),
      transports: ['internal'],
    })
  }

  /**
   * The answer to an authentication's challenge, as its JSON text; by whoever found it where nobody was verified. `count`: of
   * a device that counts.
   */
  authenticate(challenge: string, { verified = true, count = 0 } = {}): string {
    const authenticatorData = this.#authenticatorData(verified ? presentAndVerified : present, count)
    const clientData = this.#clientData('webauthn.get', challenge)
    const signature = sign(
      'sha256',
      Buffer.concat([authenticatorData, sha256(clientData)]),
      this.#keys.privateKey,
    )
    return this.#answer({
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: authenticatorData.toString('base64url'),
      signature: signature.toString('base64url'),
    })
  }

  /** Synchronised passkeys count nothing: their counter stays at zero. */
  #authenticatorData(flags: number, count = 0): Buffer {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(count)
    return Buffer.concat([sha256(new URL(this.#origin).hostname), Buffer.from([flags]), counter])
  }

  #clientData(type: string, challenge: string): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.#origin, crossOrigin: false }))
  }

  #answer(response: Record<string, unknown>): string {
    const id = this.#id.toString('base64url')
    return JSON.stringify({ id, rawId: id, type: 'public-key', clientExtensionResults: {}, response })
  }
}

/** The challenge that an address gives for the form on screen, which stays on screen. */
export const challengeAt = async (
  visitor: Visitor,
  address: string,
  fields: Record<string, string> = {},
): Promise<string> => {
  const page = visitor.page
  const { html, status } = await visitor.post(address, fields)
  visitor.page = page
  if (status !== 200) throw new Error(`${address} answers ${status}`)
  return (JSON.parse(html) as { challenge: string }).challenge
}

/** A person of recommended's demo company registers a device: certificate session, password again, the portal's page. */
export const registeredDevice = async (portal: Portal, role: Role): Promise<Device> => {
  const someone = await atHome(portal, 'recommended', role)
  const { password } = demoOf('recommended')[role]
  await someone.post('/reauthentication', { proof: 'password', loginPassword: password, next: '/security' })
  const { headers } = await someone.post('/security/passkeys', {}, { follow: false })
  const there = new URL(String(headers.location))
  const ticket = there.searchParams.get('ticket') ?? ''
  const visitor = portal.visitor()
  await visitor.get(there.href)
  const device = new Device(portal.settings.portalOrigin)
  const challenge = await challengeAt(visitor, '/passkeys/registration/options', { ticket })
  await visitor.post('/passkeys/registration', { ticket, name: '端末', passkey: device.register(challenge) })
  if (visitor.page.status !== 200) throw new Error(`no passkey: ${visitor.page.text}`)
  return device
}
