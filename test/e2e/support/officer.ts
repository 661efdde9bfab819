import { Secret, TOTP } from 'otpauth'
import type { Person } from './browser.ts'
import type { Program } from './program.ts'

/** Authenticator apps of officers, and the time step of the last code that each has shown. */
const apps = new WeakMap<Person, { totp: TOTP; lastStep: number }>()

/** A code that the officer's app has not shown yet; the program's clock moves where this step's was. */
const freshCode = async (program: Program, person: Person): Promise<string> => {
  const app = apps.get(person)
  if (!app) throw new Error('this officer has registered no one-time password')
  const stepOf = () => TOTP.counter({ period: 30, timestamp: program.now().getTime() })
  if (stepOf() <= app.lastStep) await program.moveClock(30)
  app.lastStep = stepOf()
  return app.totp.generate({ timestamp: program.now().getTime() })
}

/** Registers the one-time password that an officer's first login asks for (H-01), from the key below the QR code. */
export const registerOfficer = async (program: Program, person: Person): Promise<void> => {
  const { page } = person
  await page.waitForURL(/\/helpdesk\/otp\/registration$/)
  const key = (await page.locator('#otp-key').innerText()).replaceAll(' ', '')
  apps.set(person, { totp: new TOTP({ secret: Secret.fromBase32(key) }), lastStep: 0 })
  await page.locator('#oneTimePassword').fill(await freshCode(program, person))
  await page.locator('#oneTimePassword').press('Enter')
  await page.waitForURL(/\/helpdesk\/home$/)
}

/** Fills in what an officer proves anew before an approval or a secret (H-01). */
export const fillOfficerProof = async (program: Program, person: Person, password: string): Promise<void> => {
  await person.page.locator('#officerPassword').fill(password)
  await person.page.locator('#oneTimePassword').fill(await freshCode(program, person))
}
