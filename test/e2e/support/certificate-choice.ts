import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { preparePrerequisites } from '../../../scripts/prerequisites.ts'

/**
 * How a browser presents a client certificate without a person who picks it from the list:
 * `store`: the `.p12` is imported into its NSS store and chosen by the policy AutoSelectCertificateForUrls;
 * `relay`: without root or the NSS tools, a relay presents it (see certificate-relay.ts).
 */
export type CertificateChoice = 'store' | 'relay'

const policyFolder = (browser: string) =>
  browser.includes('google-chrome') ? '/etc/opt/chrome/policies/managed' : '/etc/chromium/policies/managed'

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** What the global setup found, read by browser.ts in the workers, which inherit its environment. */
export const chosen = (): { choice: CertificateChoice; chromium: string } => ({
  choice: process.env.E2E_CERTIFICATES === 'store' ? 'store' : 'relay',
  chromium: process.env.E2E_CHROMIUM ?? '',
})

/** Playwright's global setup: finds the tools, and writes the policy for as long as the tests run. */
export default async function chooseCertificates(): Promise<() => void> {
  const { found, remedy } = await preparePrerequisites()
  if (found.chromium === undefined || remedy !== undefined) throw new Error(remedy)
  process.env.E2E_CHROMIUM = found.chromium
  const hasStore = found.certutil !== undefined && found.pk12util !== undefined && process.getuid?.() === 0
  process.env.E2E_CERTIFICATES ??= hasStore ? 'store' : 'relay'
  if (process.env.E2E_CERTIFICATES !== 'store') return () => {}

  const folder = policyFolder(found.chromium)
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) {
    const pid = /^sekisho-tests-(\d+)\.json$/.exec(name)?.[1]
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(folder, name), { force: true })
  }
  const file = join(folder, `sekisho-tests-${process.pid}.json`)
  const everyCertificateHost = JSON.stringify({ pattern: 'https://[*.]cert.localhost', filter: {} })
  writeFileSync(file, JSON.stringify({ AutoSelectCertificateForUrls: [everyCertificateHost] }))
  return () => {
    if (existsSync(file)) rmSync(file)
  }
}
