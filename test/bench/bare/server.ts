/**
 * What the portal's pages are measured beside: Fastify and Eta with nothing of ours, on the same database, over the
 * same TLS. `/home` is a table of fifty rows behind a session's row and two Prisma queries; `/` is a login page with a
 * sealed cookie and a CSRF token. `node server.ts PORT KEY_FILE CERT_FILE DATABASE_URL`.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyCookie from '@fastify/cookie'
import csrfProtection from '@fastify/csrf-protection'
import secureSession from '@fastify/secure-session'
import fastifyView from '@fastify/view'
import { Eta } from 'eta'
import Fastify from 'fastify'
import { pino } from 'pino'
import { openDb } from '../../../src/platform/db/client.ts'

const [port, keyFile = '', certFile = '', url = ''] = process.argv.slice(2)
const db = openDb({ url, log: pino({ level: 'silent' }) })
const views = join(import.meta.dirname, 'views')
const app = Fastify({ https: { key: readFileSync(keyFile), cert: readFileSync(certFile) } })

await app.register(fastifyCookie)
await app.register(fastifyView, {
  engine: { eta: new Eta({ views, cache: true }) },
  root: views,
  viewExt: 'eta',
  production: true,
})

app.get('/home', async (request, reply) => {
  const [session] = await db.$queryRaw<{ user_id: string }[]>`
    SELECT user_id FROM session WHERE id = ${request.cookies.session}::uuid AND ended_at IS NULL`
  if (!session) return reply.status(403).send('no session')
  const user = await db.user.findUnique({
    where: { id: session.user_id },
    select: { id: true, loginId: true, name: true, lastLoginAt: true },
  })
  const companies = await db.company.findMany({
    orderBy: { contractNumber: 'asc' },
    take: 50,
    select: { id: true, contractNumber: true, name: true, nameKana: true, createdAt: true },
  })
  return reply.view('home', { user, companies })
})

await app.register(async entry => {
  await entry.register(secureSession, {
    key: randomBytes(32),
    cookie: { path: '/', httpOnly: true, secure: true, sameSite: 'lax' },
  })
  await entry.register(csrfProtection, { sessionPlugin: '@fastify/secure-session' })
  entry.get('/', (_request, reply) => reply.view('login', { csrfToken: reply.generateCsrf() }))
})

await app.listen({ port: Number(port), host: '127.0.0.1' })
process.once('SIGINT', () => process.exit())
