import { type Authenticator, freshCode, readKey } from './authenticator.ts'
import type { Person } from './browser.ts'
import { logIn } from './login.ts'
import type { Program } from './program.ts'

/** The password of every officer of the demo. */
export const officerPassword = 'Madoguchi-2026'

/** Authenticator apps of officers. */
const apps = new WeakMap<Person, Authenticator>()

const codeOf = (program: Program, officer: Person): Promise<string> => {
  const app = apps.get(officer)
  if (!app) throw new Error('this officer has registered no one-time password')
  return freshCode(program, app)
}

/** Registers the one-time password that an officer's first login asks for (H-01), from the key below the QR code. */
export const registerOfficer = async (program: Program, officer: Person): Promise<void> => {
  const { page } = officer
  await page.waitForURL(/\/helpdesk\/otp\/registration$/)
  apps.set(officer, await readKey(officer))
  await page.locator('#oneTimePassword').fill(await codeOf(program, officer))
  await page.locator('#oneTimePassword').press('Enter')
  await page.waitForURL(/\/helpdesk\/home$/)
}

/** An officer's first login, from the address of the console to its home. */
export const toConsole = async (program: Program, officer: Person): Promise<void> => {
  await logIn(program, officer, officerPassword, '/helpdesk')
  await registerOfficer(program, officer)
}

/** Fills in what an officer proves anew before an approval or a secret (H-01). */
export const fillOfficerProof = async (
  program: Program,
  officer: Person,
  password = officerPassword,
): Promise<void> => {
  await officer.page.locator('#officerPassword').fill(password)
  await officer.page.locator('#oneTimePassword').fill(await codeOf(program, officer))
}
