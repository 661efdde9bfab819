import { createHmac, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import {
  type CertificateAuthority,
  type IssuedCertificate,
  NotInTheBooks,
  type Prepared,
  SignedBefore,
} from './ca.ts'
import { issuerFrom, newSerial, type Subject, wholeSeconds } from './certificate.ts'
import { certificateRequest } from './certificate-request.ts'
import { commonNameOf } from './embedded-ca.ts'
import { CLIENT_AUTHENTICATION, OCSP_SIGNING } from './extensions.ts'

/** Where a cfssl server is, and what it knows this program by. */
export type CfsslServer = {
  /** `https://ca.example.jp:8888`, without a path. */
  url: string
  /** The key of its `auth_keys`, which signs every request for a certificate (HMAC-SHA-256). */
  authKey: Buffer
  /** Its signing profile for client certificates. */
  profile: string
  /** Its signing profile for OCSP responders; without one, the server answers such requests itself. */
  ocspProfile?: string
  /** Which of its signers, where it has several. */
  label?: string
}

/** The server refused, or can't be reached: the request stands, and is tried again. */
export class CfsslError extends Error {
  readonly code: number | undefined
  constructor(message: string, code?: number, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const answerShape = z.object({
  success: z.boolean(),
  result: z.unknown(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).nullish(),
})
const certificateShape = z.object({ certificate: z.string() })
const requestShape = z.object({
  certificate_request: z.string(),
  subject: z.object({ CN: z.string(), names: z.tuple([z.object({ O: z.string() })]) }),
  profile: z.string(),
  label: z.string().optional(),
})

/** Milliseconds for one answer; a transaction that waits for it lasts longer. */
const patience = 4_000

/**
 * An authority elsewhere, by the authenticated JSON API of cfssl (C-16). `prepare` records the request as it will be
 * sent; life and extensions are the server's to choose, by its profile. It is asked for a serial of ours, and takes it
 * where its profile says `ClientProvidesSerialNumbers`: a server with books of its own then signs under it once, and says
 * so when it is asked again. Any other one gives a new certificate each time: whoever calls `issue` records that it was
 * asked, and keeps two from asking at once.
 */
export const cfsslCa = (stored: {
  id: string
  certificateDer: Uint8Array
  server: CfsslServer
}): CertificateAuthority => {
  const { server } = stored
  const certificate = new X509Certificate(stored.certificateDer)
  const { keyId } = issuerFrom(stored.certificateDer)

  const requestBody = (csr: string, subject: Subject, profile: string, serial?: string): Buffer => {
    const json = JSON.stringify({
      certificate_request: csr,
      subject: { CN: subject.commonName, names: [{ O: subject.organization }] },
      profile,
      ...(server.label && { label: server.label }),
    } satisfies z.input<typeof requestShape>)
    // The server reads a number of any size; ours end at 53 bits.
    return Buffer.from(serial === undefined ? json : `${json.slice(0, -1)},"serial":${decimalOf(serial)}}`)
  }

  /** The same request under another serial. */
  const underAnother = (tbs: Uint8Array): Pick<Prepared, 'serial' | 'tbs'> => {
    const { certificate_request, subject, profile } = requestShape.parse(
      JSON.parse(Buffer.from(tbs).toString('utf8')),
    )
    const serial = newSerial()
    const named = { commonName: subject.CN, organization: subject.names[0].O }
    return { serial, tbs: requestBody(certificate_request, named, profile, serial) }
  }

  /** Asks for a certificate by exactly these bytes, and takes none that isn't what was asked for. */
  const sign = async (body: Buffer, use: string): Promise<IssuedCertificate> => {
    const { certificate_request: csr, subject } = requestShape.parse(JSON.parse(body.toString('utf8')))
    const { CN, names } = subject
    const token = createHmac('sha256', server.authKey).update(body).digest('base64')
    const result = await call(server, 'authsign', { token, request: body.toString('base64') })
    const issued = new X509Certificate(certificateShape.parse(result).certificate)
    const named = issued.toLegacyObject().subject
    const isAsked =
      issued.checkIssued(certificate) &&
      issued.verify(certificate.publicKey) &&
      !issued.ca &&
      issued.keyUsage?.join() === use &&
      named.CN === CN &&
      named.O === names[0].O &&
      holdsKeyOf(issued, csr)
    if (!isAsked) throw new CfsslError(`The server of ${stored.id} signed something else than was asked for.`)
    return {
      serial: issued.serialNumber,
      der: issued.raw,
      pem: issued.toString(),
      fingerprint256: issued.fingerprint256,
      notBefore: issued.validFromDate,
      notAfter: issued.validToDate,
    }
  }

  const prepare: CertificateAuthority['prepare'] = async (request): Promise<Prepared> => {
    if (!request.privateKey) throw new Error('An authority elsewhere wants proof that the key is held.')
    const { publicKey, privateKey } = request
    const csr = await certificateRequest(request.subject, { publicKey, privateKey })
    const serial = newSerial()
    return {
      serial,
      tbs: requestBody(csr, request.subject, server.profile, serial),
      notBefore: wholeSeconds(request.notBefore),
      notAfter: wholeSeconds(request.notAfter),
    }
  }

  return {
    issuer: {
      id: stored.id,
      name: commonNameOf(certificate),
      certificatePem: certificate.toString(),
      fingerprint256: certificate.fingerprint256,
      notAfter: certificate.validToDate,
    },
    repeats: false,
    prepare,
    issue: recorded =>
      sign(Buffer.from(recorded.tbs), CLIENT_AUTHENTICATION).catch(error => {
        if (recorded.serial === null || !(error instanceof CfsslError) || error.code !== booksRefuse)
          throw error
        throw new SignedBefore(error.message, underAnother(recorded.tbs), { cause: error })
      }),
    revoke: (serial, reason) => revoke(server, serial, keyId, reason),
    crl: () => fetchList(server),
    certifyResponder: async ({ publicKey, privateKey }) => {
      if (!server.ocspProfile) return null
      const name = commonNameOf(certificate)
      const subject = { commonName: `${name} OCSP`.slice(0, 64), organization: name }
      const csr = await certificateRequest(subject, { publicKey, privateKey })
      return sign(requestBody(csr, subject, server.ocspProfile), OCSP_SIGNING)
    },
  }
}

/** The public key stands in a request and in its certificate in the very same bytes. */
const holdsKeyOf = (issued: X509Certificate, csr: string): boolean => {
  const request = Buffer.from(csr.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
  return request.includes(issued.publicKey.export({ type: 'spki', format: 'der' }))
}

const call = async (server: CfsslServer, method: string, body: object): Promise<unknown> => {
  const answer = await send(server, method, { method: 'POST', body: JSON.stringify(body) })
  const parsed = answerShape.safeParse(await answer.json().catch(() => undefined))
  if (!parsed.success)
    throw new CfsslError(`${server.url} answered ${answer.status}, which isn't cfssl's way.`)
  const [error] = parsed.data.errors ?? []
  if (!parsed.data.success)
    throw new CfsslError(`${server.url} refused ${method}: ${error?.message ?? answer.status}`, error?.code)
  return parsed.data.result
}

const send = async (server: CfsslServer, method: string, init: RequestInit): Promise<Response> => {
  try {
    return await fetch(`${server.url}/api/v1/cfssl/${method}`, {
      ...init,
      signal: AbortSignal.timeout(patience),
    })
  } catch (cause) {
    throw new CfsslError(`${server.url} can't be reached.`, undefined, { cause })
  }
}

/** The server's books could not be written: they hold the serial already, where nothing else is wrong with them. */
const booksRefuse = 11_000
const notFound = 11_200

const decimalOf = (serial: string): string => BigInt(`0x${serial}`).toString()

/** The server's own books say «revoked» from then on. Its older versions know certificates without the issuer's key. */
const revoke = async (
  server: CfsslServer,
  serial: string,
  keyId: Buffer,
  reason = 'unspecified',
): Promise<void> => {
  for (const authority_key_id of [keyId.toString('hex'), ''])
    try {
      await call(server, 'revoke', { serial: decimalOf(serial), authority_key_id, reason })
      return
    } catch (error) {
      if (!(error instanceof CfsslError) || error.code !== notFound) throw error
      if (authority_key_id === '') throw new NotInTheBooks(error.message, { cause: error })
    }
}

/** The server's own list; null from a server that has none to give, and publishes it elsewhere. */
const fetchList = async (server: CfsslServer): Promise<Buffer | null> => {
  const answer = await send(server, 'crl', { method: 'GET' })
  if (answer.status === 404) return null
  const parsed = answerShape
    .extend({ result: z.base64() })
    .safeParse(await answer.json().catch(() => undefined))
  if (!parsed.success) throw new CfsslError(`${server.url} gave no list of revocations (${answer.status}).`)
  return Buffer.from(parsed.data.result, 'base64')
}
