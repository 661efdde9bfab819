import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { z } from 'zod'

// What a browser's own code made: read only as far as the library needs it to be of these shapes.
const text = z.string().max(16_384)
const outer = { id: text, rawId: text, type: z.literal('public-key'), clientExtensionResults: z.object({}) }

const attestation = z.object({
  ...outer,
  response: z.object({
    clientDataJSON: text,
    attestationObject: text,
    transports: z.array(z.enum(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'])).catch([]),
  }),
})

const assertion = z.object({
  ...outer,
  response: z.object({ clientDataJSON: text, authenticatorData: text, signature: text }),
})

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** The JSON text of a browser's answer to a registration; undefined where it is none. */
export const readAttestation = (json: string): RegistrationResponseJSON | undefined =>
  attestation.safeParse(parsed(json)).data

/** The JSON text of a browser's answer to an authentication; undefined where it is none. */
export const readAssertion = (json: string): AuthenticationResponseJSON | undefined =>
  assertion.safeParse(parsed(json)).data
