import { Secret, TOTP } from 'otpauth'
import { demoCompanies } from '../../src/demo-companies.ts'
import type { Deps } from '../../src/deps.ts'
import { createTranslations } from '../../src/platform/i18n.ts'
import { deliverSms } from '../../src/platform/sms/deliver.ts'
import type { PolicyOverrides, PresetName } from '../../src/policy/policy.ts'
import { sql } from './database.ts'
import type { Portal } from './portal.ts'
import type { Visitor } from './visitor.ts'

/** The demo's company of a preset, with its people. */
export const demoOf = (preset: PresetName) => {
  const found = demoCompanies.find(each => each.company.entrance.preset === preset)
  if (!found) throw new Error(`no demo company of ${preset}`)
  return found
}

/**
 * Lays overrides over a company's policy as it stands, where no test is about how the bank changes it: the serving role may
 * only add versions.
 */
export const overridePolicy = async (portal: Portal, preset: PresetName, overrides: PolicyOverrides) => {
  const { contractNumber } = demoOf(preset).company
  const company = await portal.deps.db.company.findUniqueOrThrow({ where: { contractNumber } })
  await sql(
    portal.database.ownerUrl,
    `UPDATE company_policy SET overrides = '${JSON.stringify(overrides)}'::jsonb
      WHERE company_id = '${company.id}' AND version = ${company.policyVersion}`,
  )
}

type Role = 'administrator' | 'user'

/** As far as login ID and password lead on the portal. */
export const passwordLogin = async (
  portal: Portal,
  preset: PresetName,
  role: Role,
  visitor = portal.visitor(),
): Promise<Visitor> => {
  const person = demoOf(preset)[role]
  await visitor.get(`${portal.settings.portalOrigin}/e/${preset}/login/password`)
  await visitor.post(`/e/${preset}/login/password`, { loginId: person.loginId, password: person.password })
  return visitor
}

/** The user as the database has them. */
export const userOf = ({ deps }: Portal, preset: PresetName, role: Role) =>
  deps.db.user.findFirstOrThrow({
    where: {
      loginId: demoOf(preset)[role].loginId,
      company: { contractNumber: demoOf(preset).company.contractNumber },
    },
  })

/** An authenticator app that has the key of the registration page. */
export type Authenticator = {
  code(at: Date): string
  /** The code that it showed last: a step may have passed since. */
  last(): string
}

export const scan = (visitor: Visitor): Authenticator => {
  const key = /id="otp-key"[^>]*>([A-Z2-7 ]+)</.exec(visitor.page.html)?.[1]
  if (!key) throw new Error(`no key on the page: ${visitor.page.text}`)
  const totp = new TOTP({ secret: Secret.fromBase32(key.replaceAll(' ', '')) })
  let last = ''
  return {
    code: at => {
      last = totp.generate({ timestamp: at.getTime() })
      return last
    },
    last: () => last,
  }
}

/** Registers a token within the login; the visitor is past the second factor afterwards. */
export const registerOtp = async (portal: Portal, visitor: Visitor): Promise<Authenticator> => {
  await visitor.post('/otp/registration')
  const app = scan(visitor)
  await visitor.post('/otp/registration/check', { oneTimePassword: app.code(portal.clock.now()) })
  return app
}

/** A code that no step near now has. */
export const wrongCode = (app: Authenticator, now: Date): string => {
  const right = [-60, -30, 0, 30, 60].map(seconds => app.code(new Date(now.getTime() + seconds * 1000)))
  for (let number = 0; ; number++) {
    const code = String(number).padStart(6, '0')
    if (!right.includes(code)) return code
  }
}

/** Delivers every short message that waits, and gives them, oldest first. */
export const deliverMessages = async (deps: Deps): Promise<{ to: string; text: string }[]> => {
  const sent: { to: string; text: string }[] = []
  const translations = createTranslations({
    root: 'locales',
    onMissingKey: (_language, key) => {
      throw new Error(`no text ${key}`)
    },
  })
  const waiting = await deps.db.outboxSms.findMany({
    where: { sentAt: null, failedAt: null },
    orderBy: { createdAt: 'asc' },
  })
  for (const { id } of waiting)
    await deliverSms(
      {
        ...deps,
        translations,
        gateway: {
          send: async ({ to, text }) => {
            sent.push({ to, text })
            return { ok: true, response: 'taken' }
          },
        },
      },
      id,
    )
  return sent
}

/** The six digits of the last message that waits. */
export const codeBySms = async (deps: Deps): Promise<string> => {
  const last = (await deliverMessages(deps)).at(-1)
  const code = /：(\d{6})/.exec(last?.text ?? '')?.[1]
  if (!code) throw new Error('no code has come by SMS')
  return code
}
