import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { isId } from '../../kernel/ids.ts'
import { ocspError, ocspRequestLimit } from '../../platform/ca/ocsp.ts'
import { open } from '../../platform/http/policy.ts'
import { findCrl } from './crl.ts'
import { findIssuerCertificate } from './issuers.ts'
import { answerOcsp } from './status.ts'

const config = { policy: open('either'), machine: true }
const ocspResponse = 'application/ocsp-response'
/** The longest request that fits an address, in base64 with everything escaped; RFC 6960 has GET for short ones. */
const longestInAddress = 2 * ocspRequestLimit

/**
 * What machines ask about certificates, without session or secret, also over plain HTTP (C-13): lists of revocations,
 * OCSP, and the authorities' own certificates. Every answer is signed or public.
 */
export const statusRoutes = (app: FastifyInstance, deps: Deps): void => {
  // In a scope of their own: no other route takes bodies of that type.
  void app.register(async scope => addRoutes(scope, deps))
}

const addRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.addContentTypeParser(
    'application/ocsp-request',
    { parseAs: 'buffer', bodyLimit: ocspRequestLimit },
    (_request, body, done) => done(null, body),
  )

  app.get<{ Params: { file: string } }>('/pki/crl/:file', { config }, async (request, reply) => {
    const issuerId = idIn(request.params.file, '.crl')
    const list = issuerId && (await findCrl(deps, issuerId))
    if (!list) return reply.callNotFound()
    const tag = `"${issuerId}-${list.number}"`
    // Asked again each time, so that a list never outlives a revocation by a cache; the same one costs no bytes.
    reply.header('cache-control', 'no-cache').header('etag', tag)
    if (request.headers['if-none-match'] === tag) return reply.status(304).send()
    return reply.type('application/pkix-crl').send(list.der)
  })

  app.get<{ Params: { file: string } }>('/pki/issuers/:file', { config }, async (request, reply) => {
    const issuerId = idIn(request.params.file, '.cer')
    const certificate = issuerId && (await findIssuerCertificate(deps, issuerId))
    if (!certificate) return reply.callNotFound()
    return reply
      .header('cache-control', 'public, max-age=86400')
      .type('application/pkix-cert')
      .send(certificate)
  })

  const answer = async (request: Uint8Array, reply: FastifyReply) =>
    reply
      .header('cache-control', 'no-cache')
      .type(ocspResponse)
      .send(await answerOcsp(deps, request))

  app.post('/pki/ocsp', { config, errorHandler: refuseAsOcsp }, (request, reply) =>
    answer(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0), reply),
  )

  app.get<{ Params: { '*': string } }>(
    '/pki/ocsp/*',
    { config, errorHandler: refuseAsOcsp },
    (request, reply) => {
      const text = request.params['*']
      return answer(text.length > longestInAddress ? Buffer.alloc(0) : Buffer.from(text, 'base64'), reply)
    },
  )
}

const idIn = (file: string, ending: string): string | undefined => {
  const id = file.endsWith(ending) ? file.slice(0, -ending.length) : ''
  return isId(id) ? id : undefined
}

/** Errors in the protocol's own words: too long, not of its type, or something of ours, which may pass. */
const refuseAsOcsp = (
  error: Error & { statusCode?: number },
  request: FastifyRequest,
  reply: FastifyReply,
): void => {
  const status = error.statusCode ?? 503
  if (status >= 500) request.log.error({ err: error }, 'An OCSP request could not be answered')
  void reply
    .status(status)
    .type(ocspResponse)
    .send(ocspError(status >= 500 ? 'tryLater' : 'malformedRequest'))
}
