import { expect } from '@playwright/test'
import { Secret, TOTP } from 'otpauth'
import type { Person } from './browser.ts'
import type { Program } from './program.ts'

/** An authenticator app: what it shows by the program's clock, and the time step of the last code it has shown. */
export type Authenticator = { totp: TOTP; lastStep: number }

/** Takes the key beside the QR code into an app, once the QR code is there to be scanned. */
export const readKey = async ({ page }: Person): Promise<Authenticator> => {
  const image = page.getByRole('img', { name: /QRコード|QR code/ })
  await expect
    .poll(() => image.evaluate(element => 'naturalWidth' in element && element.naturalWidth))
    .toBeGreaterThan(0)
  const key = (await page.locator('#otp-key').innerText()).replaceAll(' ', '')
  return { totp: new TOTP({ secret: Secret.fromBase32(key) }), lastStep: 0 }
}

/** A code that the app has not shown yet: one counts once, so where this step's was used the program's clock moves on. */
export const freshCode = async (program: Program, app: Authenticator): Promise<string> => {
  const stepAt = (moment: Date) => TOTP.counter({ period: 30, timestamp: moment.getTime() })
  const early = app.lastStep + 1 - stepAt(program.now())
  if (early > 0) await program.moveClock(early * 30)
  const now = program.now()
  app.lastStep = stepAt(now)
  return app.totp.generate({ timestamp: now.getTime() })
}

/** Six digits that the app shows at none of the steps around now. */
export const wrongCode = (program: Program, { totp }: Authenticator): string => {
  const near = [-2, -1, 0, 1, 2].map(step =>
    totp.generate({ timestamp: program.now().getTime() + step * 30_000 }),
  )
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find(code => !near.includes(code)) ?? ''
}
