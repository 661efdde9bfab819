import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { basename, join } from 'node:path'
import type { ServerKeys } from './app.ts'
import { demoDoors, demoFilePassword, seedDemo, seedDemoService } from './demo.ts'
import { type Doors, openDoors } from './doors.ts'
import { ensureIssuers } from './features/authorities/index.ts'
import { openFrontDoor } from './front-door.ts'
import { mailKinds } from './jobs/mail-kinds.ts'
import type { Clock } from './kernel/clock.ts'
import { defaultServerHosts, ensureServerCertificate } from './platform/ca/server-certificate.ts'
import { createTranslations } from './platform/i18n.ts'
import { listen, listenError } from './platform/listen.ts'
import { type DevelopmentMailbox, startDevelopmentMailbox } from './platform/mail/development-mailbox.ts'
import { createLetterWriter } from './platform/mail/letter.ts'
import { mailPreviews } from './platform/mail/preview.ts'
import type { Settings } from './platform/settings.ts'
import { StartError } from './platform/start-error.ts'
import { systemClock, systemIds } from './platform/system-clock.ts'
import { closeListener } from './platform/tls/listeners.ts'
import { type Running, startWork } from './work.ts'
import { openWorld } from './world.ts'

const root = join(import.meta.dirname, '..')

/**
 * Starts the portal: database, jobs, both TLS listeners or the socket that nginx speaks to, the plain listener that
 * points to them and answers machines about certificates, and in development the mailbox and the demo. Gives it back
 * once every listener answers; `say` gets the lines a person reads. A start that is told to stop goes no further than the
 * step it is at, closes what it has opened, and throws.
 */
export const serve = async (
  settings: Settings,
  options: { say: (line: string) => void; worker: boolean; clock?: Clock; stop?: AbortSignal },
): Promise<Running> => {
  const { say, worker, stop } = options
  const clock = options.clock ?? systemClock
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const closer of closers.reverse()) await closer().catch(() => undefined)
  }
  try {
    // First in, last out: mails still under way when the jobs stop have somewhere to go.
    const mailbox = settings.smtpUrl ? undefined : await openMailbox(settings, clock)
    if (mailbox) closers.push(mailbox.close)
    const world = await openWorld(settings, { worker, clock, ...(stop && { stop }) })
    closers.push(world.close)
    const { deps } = world
    stop?.throwIfAborted()
    await ensureIssuers(deps)
    if (!settings.production) {
      stop?.throwIfAborted()
      await seedDemo(deps)
      await seedDemoService(deps)
      // A front in development shows the development authority's certificate too.
      await developmentKeys(settings, clock)
      // Before anything answers: whoever is told that we are ready finds it in its place.
      await copyFile(join(settings.dataDir, 'tls', 'ca.pem'), join(settings.dataDir, 'demo', 'ca.pem'))
    }

    stop?.throwIfAborted()
    const doors = settings.frontSocket
      ? await openFrontDoor(deps, settings.frontSocket)
      : await openDoors(deps, await serverKeys(settings, clock))
    closers.push(doors.close)
    const signpost = createSignpost(settings, doors)
    closers.push(() => closeListener(signpost))

    if (worker) closers.push((await startWork(deps, mailbox)).stop)

    await listen(signpost, settings.httpPort, settings.listenHost, 'HTTP_PORT')
    if (!settings.production) closers.push(openDemoService(say))
    await announce(settings, say, world.embedded, mailbox)
    return { close }
  } catch (error) {
    await close()
    throw error
  }
}

/** What the listeners prove themselves with: the operator's files, or a certificate of the development authority. */
const serverKeys = async ({ tlsFiles, ...settings }: Settings, clock: Clock): Promise<ServerKeys> => {
  if (!tlsFiles) return developmentKeys(settings, clock)
  const read = (file: string, variable: string) =>
    readFile(file, 'utf8').catch(error =>
      Promise.reject(
        new StartError(`${variable} ${file} can't be read: let it belong to the program's user.`, {
          cause: error,
        }),
      ),
    )
  return { cert: await read(tlsFiles.cert, 'TLS_CERT_FILE'), key: await read(tlsFiles.key, 'TLS_KEY_FILE') }
}

const developmentKeys = ({ dataDir, certDomain }: Pick<Settings, 'dataDir' | 'certDomain'>, clock: Clock) =>
  ensureServerCertificate({
    dir: join(dataDir, 'tls'),
    hosts: defaultServerHosts(certDomain),
    now: clock.now(),
  })

/**
 * What machines ask in the clear: lists of revocations, OCSP, authorities, where every answer is signed (C-13); and how
 * the program is, which behind a front has no other port to tell it on.
 */
const askedInTheClear = /^\/(pki\/(crl|issuers|ocsp)|healthz|readyz|metrics)([/?]|$)/

/** `http://` answers only where the portal is, and machines that ask about certificates: no page travels in the clear. */
const createSignpost = ({ portalOrigin }: Settings, { app }: Doors): Server => {
  const signpost = createServer((request, response) => {
    if (askedInTheClear.test(request.url ?? '')) {
      app.routing(request, response)
      return
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
      return
    }
    response
      .writeHead(302, { location: `${portalOrigin}/`, 'content-type': 'text/html; charset=utf-8' })
      .end(
        `<!DOCTYPE html><html lang="ja"><title>Sekisho</title><p>ポータルは <a href="${portalOrigin}/">${portalOrigin}/</a> です。</p></html>\n`,
      )
  })
  signpost.requestTimeout = app.server.requestTimeout
  return signpost
}

const openMailbox = (settings: Settings, clock: Clock): Promise<DevelopmentMailbox> =>
  startDevelopmentMailbox({
    production: settings.production,
    host: settings.listenHost,
    port: settings.mailboxPort,
    clock,
    ids: systemIds(clock),
    views: join(root, 'views'),
    publicDir: join(root, 'public'),
    previews: () =>
      mailPreviews(
        mailKinds,
        createLetterWriter({
          views: join(root, 'views'),
          translations: createTranslations({
            root: join(root, 'locales'),
            onMissingKey: (language, key) => `${language}: ${key}`,
          }),
        }),
      ),
  }).catch(error => Promise.reject(listenError(error, settings.mailboxPort, 'MAILBOX_PORT')))

/**
 * The demo service as a program of its own, which ends with this one: its end of the pipe closes even when this one is killed.
 * Without it the portal is whole, save for one tile.
 */
const openDemoService = (say: (line: string) => void): (() => Promise<unknown>) => {
  const flags = process.execArgv.filter(flag => !flag.startsWith('--watch'))
  const child = spawn(process.execPath, [...flags, join(root, 'src', 'main.ts'), 'demo-service'], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  child.stderr.setEncoding('utf8').on('data', (line: string) => say(line.trimEnd()))
  child.on('error', error => say(`✘ ${error.message}`))
  return async () => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
}

const announce = async (
  settings: Settings,
  say: (line: string) => void,
  embedded: boolean,
  mailbox: DevelopmentMailbox | undefined,
): Promise<void> => {
  const done = [`✔ PostgreSQL${embedded ? ` 18 (embedded, ${settings.dataDir}/pg)` : ''}`, '✔ migrations']
  if (!settings.production) done.push('✔ demo data')
  say(done.join('   '))
  if (settings.production) {
    say(`  ポータル        ${settings.portalOrigin}`)
    return
  }
  const demo = join(settings.dataDir, 'demo')
  say(`  ポータル        ${settings.portalOrigin}        (証明書: ${join(demo, 'ca.pem')})`)
  say(`  ヘルプデスク    ${settings.portalOrigin}/helpdesk`)
  if (mailbox) say(`  メール・SMS     ${mailbox.url}`)
  say(`  デモサービス    http://localhost:${settings.servicePort}`)
  say(`  デモ            証明書ファイルは ${demo}、そのパスワードは ${demoFilePassword}`)
  for (const { address, company, contractNumber, note, accounts } of demoDoors(settings)) {
    say(`    ${address.padEnd(16)}${company}${contractNumber ? `  ご契約番号 ${contractNumber}` : ''}`)
    if (note) say(`      ※ ${note}`)
    for (const account of accounts) {
      const words = [
        `ID ${account.loginId}`,
        `パスワード ${account.password}`,
        ...(account.confirmationPassword ? [`確認用パスワード ${account.confirmationPassword}`] : []),
        ...(account.file ? [`証明書 ${basename(account.file)}`] : []),
      ]
      say(`      ${account.holder.padEnd(12, '　')}${words.join('  ')}`)
    }
  }
}
