import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { issuerCertificates } from '../../src/features/authorities/index.ts'
import { nginx, startNginx, startNginxWith } from '../support/nginx.ts'
import { freePort, freePorts } from '../support/ports.ts'
import { answers, type Bed, type Customer, password } from './bed.ts'
import { onServerCore } from './cores.ts'
import { type Figure, median, medianRatio, quantile } from './figures.ts'
import { argon2Alone } from './login.ts'
import { cpuSecondsOfFamily, startMeasured } from './measured-process.ts'

const rounds = 3
const seconds = 3
const atOnce = 8

export const mutualTlsBenches = ['mtls-embedded', 'mtls-nginx', 'cert-login']

type Answer = { status: number; body: string; cookies: string[] }

/** One request over an agent's connection, with this customer's certificate. */
const ask = (
  agent: Agent,
  { certificate, origin }: Customer,
  port: number,
  options: { method?: string; path: string; headers?: Record<string, string>; body?: string },
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname } = new URL(origin)
    const { body, headers, ...rest } = options
    const asked = request(
      {
        ...{ agent, host: '127.0.0.1', port, servername: hostname, secureContext: certificate, ...rest },
        rejectUnauthorized: false,
        headers: { host: `${hostname}:${port}`, ...headers, ...(body && { 'content-length': body.length }) },
      },
      answer => {
        let text = ''
        answer.setEncoding('utf8').on('data', chunk => {
          text += chunk
        })
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            body: text,
            cookies: answer.headers['set-cookie'] ?? [],
          }),
        )
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })

/** Never a session that was there before: each connection is a full handshake, and the customer's key signs in each. */
const freshAgent = (keepAlive: boolean) => new Agent({ keepAlive, maxCachedSessions: 0 })

type Load = { count: number; perSecond: number; cpuMilliseconds: number; milliseconds: number[] }

/** Handshakes with a page each, some at once, for a few seconds; with the CPU that the server's side used. */
const loadHandshakes = async (
  bed: Bed,
  port: number,
  path: string,
  cpuSeconds: () => number,
): Promise<Load> => {
  const milliseconds: number[] = []
  const before = cpuSeconds()
  const startedAt = performance.now()
  let turn = 0
  const next = async () => {
    while (performance.now() - startedAt < seconds * 1000) {
      const customer = bed.customers[turn++ % bed.customers.length]
      if (!customer) throw new Error('There is nobody to ask')
      const begun = performance.now()
      const { status } = await ask(freshAgent(false), customer, port, { path })
      if (status !== 200) throw new Error(`${path} was answered with ${status}`)
      milliseconds.push(performance.now() - begun)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, next))
  const count = milliseconds.length
  return {
    count,
    milliseconds,
    perSecond: (count * 1000) / (performance.now() - startedAt),
    cpuMilliseconds: ((cpuSeconds() - before) * 1000) / count,
  }
}

type Side = { port: number; path: string; cpuSeconds: () => number }

/**
 * Both sides in turns. The load signs with a key at each handshake and tires before a bare server does: what is
 * compared is handshakes for a second of the server's CPU, its database's included.
 */
const compare = async (bed: Bed, name: string, ours: Side, bare: Side): Promise<Figure> => {
  const load = ({ port, path, cpuSeconds }: Side) => loadHandshakes(bed, port, path, cpuSeconds)
  const found: { ours: Load; bare: Load }[] = []
  for (let round = 0; round <= rounds; round++) {
    const one = { bare: await load(bare), ours: await load(ours) }
    if (round > 0) found.push(one)
  }
  const perCpuSecond = ({ cpuMilliseconds }: Load) => 1000 / cpuMilliseconds
  const all = found.flatMap(each => each.ours.milliseconds)
  return {
    name,
    unit: 'handshakes with a page/CPU s',
    median: median(found.map(each => perCpuSecond(each.ours))),
    baseline: median(found.map(each => perCpuSecond(each.bare))),
    ratio: medianRatio(
      found.map(each => ({ measured: perCpuSecond(each.ours), baseline: perCpuSecond(each.bare) })),
    ),
    p50: quantile(all, 0.5),
    p99: quantile(all, 0.99),
    goal: 'none set',
    met: true,
    besides: {
      perSecond: median(found.map(each => each.ours.perSecond)),
      barePerSecond: median(found.map(each => each.bare.perSecond)),
      cpuMilliseconds: median(found.map(each => each.ours.cpuMilliseconds)),
      bareCpuMilliseconds: median(found.map(each => each.bare.cpuMilliseconds)),
    },
  }
}

/** The page that names the holder of a certificate, at both fronts; and whole logins, each over a connection anew. */
export const benchMutualTls = async (bed: Bed, wanted: ReadonlySet<string>): Promise<Figure[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'sekisho-bench-mtls-'))
  try {
    const files = {
      key: join(folder, 'server.key'),
      cert: join(folder, 'server.pem'),
      cas: join(folder, 'cas.pem'),
    }
    await writeFile(files.key, bed.tls.key, { mode: 0o600 })
    await writeFile(files.cert, bed.tls.cert)
    await writeFile(files.cas, (await bed.withDeps(issuerCertificates)).join(''))
    const figures: Figure[] = []
    if (wanted.has('mtls-embedded') || wanted.has('cert-login'))
      figures.push(...(await benchEmbedded(bed, wanted, files)))
    if (wanted.has('mtls-nginx')) {
      if (nginx === undefined) throw new Error('nginx is missing: apt-get install nginx-light')
      figures.push(await benchNginx(bed, folder, files))
    }
    return figures
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Files = { key: string; cert: string; cas: string }

const pageBytes = async (bed: Bed, port: number): Promise<number> => {
  const [customer] = bed.customers
  if (!customer) throw new Error('There is nobody to ask')
  const { body, status } = await ask(freshAgent(false), customer, port, { path: '/login' })
  if (status !== 200) throw new Error(`The login page was answered with ${status}`)
  return Buffer.byteLength(body)
}

const benchEmbedded = async (bed: Bed, wanted: ReadonlySet<string>, files: Files): Promise<Figure[]> => {
  const { certPort } = bed.settings
  const program = await bed.startProgram()
  try {
    const figures: Figure[] = []
    if (wanted.has('mtls-embedded')) {
      const barePort = await freePort()
      const script = join(import.meta.dirname, 'bare', 'mutual-tls.ts')
      const given = [
        String(barePort),
        files.key,
        files.cert,
        files.cas,
        String(await pageBytes(bed, certPort)),
      ]
      const bare = await startMeasured([process.execPath, script, ...given], {}, () =>
        answers(`https://127.0.0.1:${barePort}/`),
      )
      try {
        const cpuSeconds = () => program.cpuSeconds() + bed.databaseCpuSeconds()
        const ours = { port: certPort, path: '/login', cpuSeconds }
        figures.push(
          await compare(bed, 'mtls-embedded', ours, {
            port: barePort,
            path: '/',
            cpuSeconds: bare.cpuSeconds,
          }),
        )
      } finally {
        await bare.stop()
      }
    }
    if (wanted.has('cert-login')) figures.push(await benchCertificateLogin(bed))
    return figures
  } finally {
    await program.stop()
  }
}

const benchNginx = async (bed: Bed, folder: string, files: Files): Promise<Figure> => {
  const frontFolder = join(folder, 'front')
  await mkdir(frontFolder, { mode: 0o750 })
  const [httpsPort, httpPort, barePort] = await freePorts(3)
  const program = await bed.startBehindFront(join(frontFolder, 'a.sock'), httpsPort)
  const closers: (() => Promise<unknown>)[] = [program.stop]
  try {
    while (!(await stat(join(frontFolder, 'crl.pem')).catch(() => undefined))) await pause(50)
    const site = { folder: join(folder, 'nginx'), frontFolder, tlsFolder: folder, portalHost: 'localhost' }
    const front = await startNginx(
      { ...site, certDomain: bed.settings.certDomain, httpsPort, httpPort },
      onServerCore,
    )
    closers.push(front.stop)
    await writeFile(join(folder, 'page.html'), 'x'.repeat(await pageBytes(bed, httpsPort)))
    const bareSite = `server { listen 127.0.0.1:${barePort} ssl; ssl_certificate ${files.cert};
      ssl_certificate_key ${files.key}; ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache off; ssl_session_tickets off;
      ssl_verify_client optional_no_ca; ssl_client_certificate ${files.cas}; root ${folder}; }`
    const bare = await startNginxWith(
      bareSite,
      { folder: join(folder, 'bare'), frontFolder, httpsPort: barePort },
      onServerCore,
    )
    closers.push(bare.stop)
    const cpuSeconds = () => cpuSecondsOfFamily(front.pid) + program.cpuSeconds() + bed.databaseCpuSeconds()
    return await compare(
      bed,
      'mtls-nginx',
      { port: httpsPort, path: '/login', cpuSeconds },
      { port: barePort, path: '/page.html', cpuSeconds: () => cpuSecondsOfFamily(bare.pid) },
    )
  } finally {
    for (const closer of closers.reverse()) await closer()
  }
}

/** Handshake, the page that names the user, the password, and the redirect that carries the session; all of it anew. */
const logInAnew = async (customer: Customer, port: number): Promise<void> => {
  const agent = freshAgent(true)
  try {
    const page = await ask(agent, customer, port, { path: '/login' })
    const token = /name="_csrf" value="([^"]+)"/.exec(page.body)?.[1] ?? ''
    const cookie = page.cookies.map(line => line.split(';')[0]).join('; ')
    const { hostname } = new URL(customer.origin)
    const { status } = await ask(agent, customer, port, {
      method: 'POST',
      path: '/login',
      headers: {
        ...{ cookie, 'content-type': 'application/x-www-form-urlencoded' },
        origin: `https://${hostname}:${port}`,
      },
      body: new URLSearchParams({ _csrf: token, password }).toString(),
    })
    if (status !== 303) throw new Error(`A login was answered with ${status}`)
  } finally {
    agent.destroy()
  }
}

const benchCertificateLogin = async (bed: Bed): Promise<Figure> => {
  const found: { measured: number; baseline: number }[] = []
  const milliseconds: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const alone = await argon2Alone()
    await bed.endSessions()
    const waiting = [...bed.customers]
    const took: number[] = []
    const startedAt = performance.now()
    const next = async () => {
      for (let customer = waiting.pop(); customer; customer = waiting.pop()) {
        const begun = performance.now()
        await logInAnew(customer, bed.settings.certPort)
        took.push(performance.now() - begun)
      }
    }
    await Promise.all(Array.from({ length: 5 }, next))
    // The first round is for compilers and prepared statements, and thrown away.
    if (round === 0) continue
    found.push({
      measured: (took.length * 1000) / (performance.now() - startedAt),
      baseline: alone.perSecond,
    })
    milliseconds.push(...took)
  }
  const ratio = medianRatio(found)
  return {
    name: 'cert-login',
    unit: 'logins/s',
    median: median(found.map(({ measured }) => measured)),
    baseline: median(found.map(({ baseline }) => baseline)),
    ratio,
    p50: quantile(milliseconds, 0.5),
    p99: quantile(milliseconds, 0.99),
    goal: 'none set',
    met: true,
  }
}
