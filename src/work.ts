import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Deps } from './deps.ts'
import { startCertificateWork } from './jobs/certificate-issue.ts'
import { startCleanUp } from './jobs/clean-up.ts'
import { startContractEnds } from './jobs/contract-end.ts'
import { startStatusWork } from './jobs/crl.ts'
import { startHistoryExports } from './jobs/history-export.ts'
import { mailsAtOnce, startMailWork } from './jobs/mail.ts'
import { startPasswordResets } from './jobs/password-reset.ts'
import { startServiceLogouts } from './jobs/service-logout.ts'
import { startSmsWork } from './jobs/sms.ts'
import { startUserImportWork } from './jobs/user-import.ts'
import { serveHealth } from './platform/http/health.ts'
import { createTranslations } from './platform/i18n.ts'
import type { DevelopmentMailbox } from './platform/mail/development-mailbox.ts'
import { createMailer } from './platform/mail/mailer.ts'
import type { Settings } from './platform/settings.ts'
import {
  createHttpSmsGateway,
  createShownSms,
  type SmsGateway,
  SmsGatewayError,
} from './platform/sms/gateway.ts'
import { StartError } from './platform/start-error.ts'
import { openWorld } from './world.ts'

const root = join(import.meta.dirname, '..')

/** What runs until it is closed. */
export type Running = { close(): Promise<void> }

/**
 * Everything that happens behind the pages: mails, short messages, certificates, clean-up. Any number of programs may
 * work at once, each job is one's. Stop it before the jobs; `mailbox` takes mails and messages in development.
 */
export const startWork = async (
  deps: Deps,
  mailbox?: DevelopmentMailbox,
): Promise<{ stop(): Promise<void> }> => {
  const { settings } = deps
  const smtpUrl = settings.smtpUrl ?? mailbox?.smtpUrl
  if (!smtpUrl)
    throw new StartError('SMTP_URL is missing: the development mailbox belongs to the program that serves.')
  const translations = createTranslations({
    root: join(root, 'locales'),
    onMissingKey: (lang, key) => deps.log.error({ lang, key }, 'a text is missing'),
  })
  const mailer = createMailer({
    url: smtpUrl,
    from: settings.mailFrom,
    host: new URL(settings.portalOrigin).hostname,
    connections: mailsAtOnce,
  })
  const mailWork = await startMailWork(deps, {
    mailer,
    views: join(root, 'views'),
    translations,
  })
  await startSmsWork(deps, { gateway: await openSmsGateway(settings, mailbox), translations })
  const certificateWork = await startCertificateWork(deps)
  const statusWork = await startStatusWork(deps)
  await startPasswordResets(deps)
  await startHistoryExports(deps, translations)
  await startUserImportWork(deps, translations)
  const logouts = await startServiceLogouts(deps)
  await startContractEnds(deps)
  await startCleanUp(deps)
  return {
    stop: async () => {
      await logouts.stop()
      await statusWork.stop()
      await certificateWork.stop()
      await mailWork.stop()
      // A mail that is on its way still gets there; what its job had not begun is the next program's.
      mailer.close()
    },
  }
}

/** `sekisho work`: the jobs and nothing else, for as long as it runs; the pages are another program's. */
export const work = async (settings: Settings, say: (line: string) => void): Promise<Running> => {
  const world = await openWorld(settings, { worker: true, whenRunning: 'share' })
  try {
    const { workPort, listenHost } = settings
    const health = workPort && (await serveHealth(world.deps, { port: workPort, host: listenHost }))
    const { stop } = await startWork(world.deps)
    say('✔ at work')
    return {
      close: async () => {
        await stop()
        if (health) await health.close()
        await world.close()
      },
    }
  } catch (error) {
    await world.close()
    throw error
  }
}

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
