import helmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { securityHeaders } from '../../../../src/platform/http/security-headers.ts'

const options: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], scriptSrc: ["'self'"] },
  },
  hsts: { maxAge: 63_072_000, includeSubDomains: true },
  referrerPolicy: { policy: 'same-origin' },
}

const app = Fastify()
beforeAll(async () => {
  await app.register(securityHeaders, options)
  app.get('/', async () => 'a page')
  app.get('/past', (_request, reply) => {
    reply.hijack()
    reply.raw.end('written past Fastify')
  })
  app.get('/own', (_request, reply) => reply.header('content-security-policy', "default-src 'self'").send(''))
})
afterAll(() => app.close())

const protection = async (url: string) => (await app.inject(url)).headers

describe('security headers', () => {
  it('are those that helmet sets, on pages, on refusals and on what is written past Fastify', async () => {
    const plain = Fastify()
    await plain.register(helmet, options)
    plain.get('/', async () => 'a page')
    const { headers } = await plain.inject('/')
    await plain.close()
    const names = Object.keys(headers).filter(name =>
      /^(content-security|cross|origin|ref|strict|x-)/.test(name),
    )
    expect(names.length).toBeGreaterThan(8)
    for (const url of ['/', '/past', '/nowhere']) {
      const set = await protection(url)
      expect(set, url).toMatchObject(Object.fromEntries(names.map(name => [name, headers[name]])))
    }
  })

  it('give way to an answer’s own', async () => {
    expect(await protection('/own')).toMatchObject({ 'content-security-policy': "default-src 'self'" })
  })
})
