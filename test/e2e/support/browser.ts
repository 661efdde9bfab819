import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from '@playwright/test'
import { chosen } from './certificate-choice.ts'
import { type CertificateRelay, openCertificateRelay } from './certificate-relay.ts'
import { removeFolder } from './folder.ts'

/** Somebody at a computer of their own: a browser with its own home, cookies and certificate store. */
export type Person = {
  context: BrowserContext
  page: Page
  /** Imports a PKCS#12 file as the manual's wizard does; the running browser offers it from its next connection on. */
  importCertificate(p12: string, password: string): void
  /** Closes the browser and removes the home with everything in it. */
  close(): Promise<void>
}

/** The browser stays alone with the portal: nothing of its own goes over the network. */
const quietly = [
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

/**
 * Opens a browser for one person.
 * @param options.authority PEM file of the authority that signed the portal's own certificate
 * @param options.certPort port of the certificate listener
 * @param options.locale what the browser asks for, `ja-JP` when not given
 */
export const openBrowser = async (options: {
  authority: string
  certPort: number
  locale?: string
}): Promise<Person> => {
  const { choice, chromium: executablePath } = chosen()
  const home = mkdtempSync(join(tmpdir(), 'sekisho-person-'))
  const store = `sql:${join(home, '.pki', 'nssdb')}`
  let relay: CertificateRelay | undefined
  if (choice === 'store') {
    mkdirSync(join(home, '.pki', 'nssdb'), { recursive: true })
    execFileSync('certutil', ['-N', '-d', store, '--empty-password'])
    execFileSync('certutil', ['-A', '-d', store, '-n', 'Sekisho CA', '-t', 'C,,', '-i', options.authority])
  } else {
    relay = await openCertificateRelay(options.certPort)
  }
  const context = await chromium.launchPersistentContext(join(home, 'profile'), {
    executablePath,
    env: { ...process.env, HOME: home },
    args: relay
      ? [...quietly, `--host-resolver-rules=MAP *.cert.localhost:${options.certPort} 127.0.0.1:${relay.port}`]
      : quietly,
    ignoreHTTPSErrors: relay !== undefined,
    locale: options.locale ?? 'ja-JP',
    timezoneId: 'Asia/Tokyo',
    viewport: { width: 1280, height: 900 },
    acceptDownloads: true,
  })
  return {
    context,
    page: context.pages()[0] ?? (await context.newPage()),
    importCertificate: (p12, password) => {
      if (relay) relay.present(p12, password)
      else execFileSync('pk12util', ['-i', p12, '-d', store, '-K', '', '-W', password], { stdio: 'pipe' })
    },
    close: async () => {
      await context.close()
      await relay?.close()
      removeFolder(home)
    },
  }
}

/** The password of every certificate file of the demo. */
export const demoFilePassword = 'DemoShutoku2026'

/**
 * Opens a browser for somebody at the program, with a certificate of the demo in it where `file` names one
 * (`admin.p12`, `operator.p12`, …).
 */
export const personAt = async (
  program: { dataDir: string; certPort: number },
  file?: string,
  locale?: string,
): Promise<Person> => {
  const demo = join(program.dataDir, 'demo')
  const person = await openBrowser({
    authority: join(demo, 'ca.pem'),
    certPort: program.certPort,
    ...(locale && { locale }),
  })
  if (file) person.importCertificate(join(demo, file), demoFilePassword)
  return person
}
