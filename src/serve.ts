import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { demoAccounts, seedDemo } from './demo.ts'
import { listen, listenError, openDoors } from './doors.ts'
import { ensureIssuers } from './features/certificates/index.ts'
import { startCertificateWork } from './jobs/certificate-issue.ts'
import { startCleanUp } from './jobs/clean-up.ts'
import { startMailWork } from './jobs/mail.ts'
import { startSmsWork } from './jobs/sms.ts'
import type { Clock } from './kernel/clock.ts'
import { defaultServerHosts, ensureServerCertificate } from './platform/ca/server-certificate.ts'
import { createTranslations } from './platform/i18n.ts'
import { type DevelopmentMailbox, startDevelopmentMailbox } from './platform/mail/development-mailbox.ts'
import { createMailer } from './platform/mail/mailer.ts'
import type { Settings } from './platform/settings.ts'
import {
  createHttpSmsGateway,
  createShownSms,
  type SmsGateway,
  SmsGatewayError,
} from './platform/sms/gateway.ts'
import { StartError } from './platform/start-error.ts'
import { systemClock, systemIds } from './platform/system-clock.ts'
import { closeListener } from './platform/tls/listeners.ts'
import { openWorld } from './world.ts'

const root = join(import.meta.dirname, '..')

export type Running = { close(): Promise<void> }

/**
 * Starts the portal: database, jobs, both TLS listeners, the plain one that only points to them, and in development
 * the mailbox and the demo. Gives it back once every listener answers; `say` gets the lines a person reads.
 */
export const serve = async (
  settings: Settings,
  options: { say: (line: string) => void; worker: boolean; clock?: Clock },
): Promise<Running> => {
  const { say, worker } = options
  const clock = options.clock ?? systemClock
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const closer of closers.reverse()) await closer().catch(() => undefined)
  }
  try {
    // First in, last out: mails still under way when the jobs stop have somewhere to go.
    const mailbox = settings.smtpUrl ? undefined : await openMailbox(settings, clock)
    if (mailbox) closers.push(mailbox.close)
    const world = await openWorld(settings, { worker, clock })
    closers.push(world.close)
    const { deps } = world
    await ensureIssuers(deps)
    if (!settings.production) await seedDemo(deps)

    const tls = await ensureServerCertificate({
      dir: join(settings.dataDir, 'tls'),
      hosts: defaultServerHosts(settings.certDomain),
      now: clock.now(),
    })
    const doors = await openDoors(deps, tls)
    closers.push(doors.close)
    const signpost = createSignpost(settings)
    closers.push(() => closeListener(signpost))

    if (worker) {
      const translations = createTranslations({
        root: join(root, 'locales'),
        onMissingKey: (lang, key) => deps.log.error({ lang, key }, 'a text is missing'),
      })
      const mailWork = await startMailWork(deps, {
        mailer: createMailer({
          url: settings.smtpUrl ?? mailbox?.smtpUrl ?? '',
          from: settings.mailFrom,
          host: new URL(settings.portalOrigin).hostname,
        }),
        views: join(root, 'views'),
        translations,
      })
      closers.push(mailWork.stop)
      await startSmsWork(deps, { gateway: await openSmsGateway(settings, mailbox), translations })
      const certificateWork = await startCertificateWork(deps)
      closers.push(certificateWork.stop)
      await startCleanUp(deps)
    }

    await listen(signpost, settings.httpPort, settings.listenHost, 'HTTP_PORT')
    await announce(settings, say, world.embedded, mailbox)
    return { close }
  } catch (error) {
    await close()
    throw error
  }
}

/** `http://` answers only where the portal is: no page of it travels in the clear. */
const createSignpost = ({ portalOrigin }: Settings): Server =>
  createServer((request, response) => {
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

const openMailbox = (settings: Settings, clock: Clock): Promise<DevelopmentMailbox> =>
  startDevelopmentMailbox({
    production: settings.production,
    host: settings.listenHost,
    port: settings.mailboxPort,
    clock,
    ids: systemIds(clock),
    views: join(root, 'views'),
    publicDir: join(root, 'public'),
  }).catch(error => Promise.reject(listenError(error, settings.mailboxPort, 'MAILBOX_PORT')))

/** The gateway of the settings; in development the inbox shows messages; otherwise each try says what is missing. */
const openSmsGateway = async (
  settings: Settings,
  mailbox: DevelopmentMailbox | undefined,
): Promise<SmsGateway> => {
  const { smsGatewayUrl: url, smsGatewayTokenFile: file } = settings
  if (!url && mailbox) return createShownSms(mailbox.showSms)
  if (!url)
    return {
      send: () => Promise.reject(new SmsGatewayError('SMS_GATEWAY_URL is not set: short messages stay here')),
    }
  const token = file
    ? (
        await readFile(file, 'utf8').catch(error =>
          Promise.reject(
            new StartError(
              `SMS_GATEWAY_TOKEN_FILE ${file} can't be read: let it belong to the program's user.`,
              {
                cause: error,
              },
            ),
          ),
        )
      ).trim()
    : undefined
  return createHttpSmsGateway({ url, ...(token && { token }) })
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
  await mkdir(demo, { recursive: true })
  await copyFile(join(settings.dataDir, 'tls', 'ca.pem'), join(demo, 'ca.pem'))
  say(`  ポータル        ${settings.portalOrigin}        (証明書: ${join(demo, 'ca.pem')})`)
  say(`  ヘルプデスク    ${settings.portalOrigin}/helpdesk`)
  if (mailbox) say(`  メール・SMS     ${mailbox.url}`)
  say('  デモ')
  for (const account of demoAccounts(settings.dataDir)) {
    const words = [
      `ID ${account.loginId}`,
      `パスワード ${account.password}`,
      ...(account.confirmationPassword ? [`確認用パスワード ${account.confirmationPassword}`] : []),
    ]
    say(`    ${account.audience === 'portal' ? 'ポータル' : 'ヘルプデスク'}: ${account.holder}`)
    say(`      ${words.join('  ')}`)
    say(`      証明書 ${account.file}（ファイルのパスワード ${account.filePassword}）`)
  }
}
