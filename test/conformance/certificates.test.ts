import { createSecureContext } from 'node:tls'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import {
  type BusinessDay,
  businessDayOf,
  lastSecondOf,
  plusDays,
  plusMonths,
  startOf,
} from '../../src/kernel/business-day.ts'
import { plusSeconds } from '../../src/kernel/clock.ts'
import { type PresetName, presetOf } from '../../src/policy/policy.ts'
import { execute } from '../integration/features/users/changing.ts'
import { openCase } from '../support/cases.ts'
import { renewalOf } from '../support/certificates.ts'
import { lastSealed } from '../support/codes.ts'
import { cell } from '../support/conformance.ts'
import { demoOf, overridePolicy, userOf } from '../support/factors.ts'
import { logInAsStaff } from '../support/officers.ts'
import { challengeAt, registeredDevice } from '../support/passkeys.ts'
import { openPortal, type Portal } from '../support/portal.ts'
import type { Identity, Page, Visitor } from '../support/visitor.ts'
import { atHome, type Role, startAfresh } from '../support/ways-in.ts'

type Certified = Exclude<PresetName, 'omakase'>
const byAcquisition = ['shoko', 'sevenbank', 'prosrv', 'recommended'] as const

let portal: Portal
let issuedOn: BusinessDay
let start: Date
/** The administrators' certificates; sevenbank's is enrolled here, for its demo has none. */
const identities = new Map<Certified, Identity>()

beforeAll(async () => {
  portal = await openPortal({})
  start = portal.clock.now()
  issuedOn = businessDayOf(start)
  const { waysWithCertificate } = presetOf('sevenbank').login
  await overridePolicy(portal, 'sevenbank', { login: { ways: waysWithCertificate ?? [] } })
  for (const preset of ['rokin', 'prosrv', 'recommended'] as const)
    identities.set(preset, await portal.identity(`${preset}-admin`))
  identities.set('shoko', await portal.identity('admin'))
  identities.set('sevenbank', (await enrolled('sevenbank', 'administrator')).identity)
  // One that is never seen in a login would void itself within days (C-11).
  await sevenbankAtHome()
})
afterAll(() => portal.close())
beforeEach(async () => {
  portal.clock.goTo(start)
  await startAfresh(portal)
})

let given = 0
/** 電子証明書取得用パスワード, as the helpdesk gives one. */
const acquisitionPassword = async (preset: PresetName, role: Role): Promise<string> => {
  const { id, companyId } = await userOf(portal, preset, role)
  const password = `Shutoku2026n${++given}`
  const now = portal.clock.now()
  await portal.deps.db.acquisitionPassword.updateMany({
    where: { userId: id, usedAt: null, voidedAt: null },
    data: { voidedAt: now },
  })
  await portal.deps.db.acquisitionPassword.create({
    data: {
      id: portal.deps.ids.next(),
      companyId,
      userId: id,
      hash: await portal.deps.hasher.hash(password),
      issuedAt: now,
      expiresAt: plusSeconds(now, 14 * 86_400),
    },
  })
  return password
}

/** The form of 電子証明書取得 at the preset's entrance. */
const ask = async (
  preset: PresetName,
  role: Role,
  changed: { password?: string; acquisitionPassword: string },
): Promise<Visitor> => {
  const { company, [role]: person } = demoOf(preset)
  const visitor = portal.visitor()
  await visitor.get(`${portal.settings.portalOrigin}/e/${preset}/enrolment`)
  await visitor.post(visitor.page.path, {
    contractNumber: company.contractNumber,
    loginId: person.loginId,
    password: person.password,
    ...changed,
  })
  return visitor
}

const deliveryOf = ({ page }: Visitor): string | undefined =>
  /\/enrolment\/[0-9a-f-]{36}/.exec(`${page.path} ${page.html}`)?.[0]

/** A certificate got by acquisition password, with the password that opens its file. */
const enrolled = async (
  preset: PresetName,
  role: Role,
): Promise<{ identity: Identity; acquisition: string }> => {
  const acquisition = await acquisitionPassword(preset, role)
  const visitor = await ask(preset, role, { acquisitionPassword: acquisition })
  const delivery = deliveryOf(visitor)
  if (!delivery) throw new Error(`no certificate at ${visitor.page.path}: ${visitor.page.text}`)
  await visitor.get(delivery)
  const pfx = await renewalOf(portal, visitor)
  await visitor.get(delivery)
  await visitor.post(`${delivery}/file-password`)
  const shown = /class="copy-value__value"[^>]*>([^<]+)</.exec(visitor.page.html)?.[1]
  return { identity: { pfx, passphrase: shown ?? acquisition }, acquisition }
}

const opensWith = ({ pfx }: Identity, passphrase: string): boolean => {
  try {
    createSecureContext({ pfx, passphrase })
    return true
  } catch {
    return false
  }
}

const sevenbankAtHome = async (): Promise<Visitor> => {
  const visitor = portal.visitor(identities.get('sevenbank'))
  const { loginId, password } = demoOf('sevenbank').administrator
  await visitor.get(`${portal.settings.portalOrigin}/e/sevenbank/login/certificate`)
  await visitor.post(visitor.page.path, { loginId, password })
  expect(visitor.page.path).toBe('/home')
  return visitor
}

const loginPage = (preset: Certified, identity = identities.get(preset)) =>
  portal.visitor(identity).get(`${portal.settings.portalOrigin}/e/${preset}/login/certificate`)

/** 証明書更新 with the administrator's certificate: whether the login page offers it, and where sending its form leads. */
const renewing = async (preset: Certified): Promise<{ offered: boolean; page: Page; visitor: Visitor }> => {
  await passwordSetToday(preset)
  const visitor = portal.visitor(identities.get(preset))
  const login = await visitor.get(`${portal.settings.portalOrigin}/e/${preset}/login/certificate`)
  const _csrf = visitor.csrfToken() ?? ''
  const page = await visitor.post('/renewal', { _csrf, password: demoOf(preset).administrator.password })
  return { offered: login.text.includes('証明書更新'), page, visitor }
}

/** Passwords that have not run out meanwhile (B-08): their owner has changed them in time. */
const passwordSetToday = async (preset: Certified) =>
  portal.deps.db.credential.updateMany({
    where: { userId: (await userOf(portal, preset, 'administrator')).id },
    data: { setAt: portal.clock.now(), setOn: new Date(`${businessDayOf(portal.clock.now())}T00:00:00Z`) },
  })

const lives = {
  shoko: ['発行した日から暦の上で1年', (day: BusinessDay) => plusMonths(day, 12)],
  rokin: ['発行した日を含めて366日', (day: BusinessDay) => plusDays(day, 365)],
  sevenbank: ['発行した日から暦の上で1年', (day: BusinessDay) => plusMonths(day, 12)],
  prosrv: ['発行した日から暦の上で1年', (day: BusinessDay) => plusMonths(day, 12)],
  recommended: ['発行した日から暦の上で1年', (day: BusinessDay) => plusMonths(day, 12)],
} as const

const windows = {
  shoko: ['最後の1か月', (last: BusinessDay) => plusMonths(last, -1)],
  rokin: ['期限の30日前から', (last: BusinessDay) => plusDays(last, -30)],
  sevenbank: ['期限の30日前から', (last: BusinessDay) => plusDays(last, -30)],
  prosrv: ['期限の30日前から', (last: BusinessDay) => plusDays(last, -30)],
  recommended: ['期限の30日前から', (last: BusinessDay) => plusDays(last, -30)],
} as const

/** 電子証明書発行 of rokin, as far as user ID and password lead: to the mailed code, or to why not. */
const askForCode = async (role: Role): Promise<Visitor> => {
  const { loginId, password } = demoOf('rokin')[role]
  const visitor = portal.visitor()
  await visitor.get(`${portal.settings.portalOrigin}/e/rokin/certificate-issue`)
  await visitor.post(visitor.page.path, { loginId, password })
  return visitor
}

/** Beyond the code to 「発行」, as far as that leads. */
const issuedByCode = async (role: Role): Promise<Visitor> => {
  const visitor = await askForCode(role)
  const { code = '' } = await lastSealed(portal, demoOf('rokin')[role].email)
  await visitor.post(visitor.page.path, { code })
  if (visitor.page.path.endsWith('/confirmation')) await visitor.post(visitor.page.path)
  return visitor
}

// First: what follows renews and revokes.
cell(
  'login',
  'sevenbank',
  '電子証明書を使う企業では、その本人の電子証明書に加えて、ログインIDとパスワードが要る',
  async () => {
    const { administrator, user } = demoOf('sevenbank')
    const home = await sevenbankAtHome()
    expect(home.page.text).toContain(administrator.name)
    await startAfresh(portal)
    const { origin } = new URL(portal.settings.portalOrigin)
    const without = portal.visitor()
    await without.get(`${origin}/e/sevenbank/login/password`)
    await without.post(without.page.path, {
      loginId: administrator.loginId,
      password: administrator.password,
    })
    expect(without.page.path).not.toBe('/home')
    expect((await without.get(`${origin}/home`)).path).not.toBe('/home')
    const another = portal.visitor(identities.get('sevenbank'))
    await another.get(`${origin}/e/sevenbank/login/certificate`)
    await another.post(another.page.path, { loginId: user.loginId, password: user.password })
    expect(another.page.status).toBe(422)
  },
)

for (const preset of ['shoko', 'rokin', 'sevenbank', 'prosrv', 'recommended'] as const) {
  const [life, lastDayOf] = lives[preset]
  cell('certificateLife', preset, `電子証明書は${life}、最後の日の23時59分59秒まで使える`, async () => {
    const end = lastSecondOf(lastDayOf(issuedOn))
    await portal.clock.standAt(end, async () => expect((await loginPage(preset)).status).toBe(200))
    portal.clock.goTo(new Date(end.getTime() + 1_000))
    const page = await loginPage(preset)
    expect(page.status).toBe(403)
    expect(page.text).toContain('電子証明書の有効期限が切れています')
  })

  const [window, opensOn] = windows[preset]
  cell('renewalWindow', preset, `更新できるのは${window}で、それより前には更新できない`, async () => {
    const opens = startOf(opensOn(lastDayOf(issuedOn)))
    if (preset === 'rokin') {
      // A certificate that nobody has seen in a login yet may be asked for again at any time.
      await atHome(portal, 'rokin', 'administrator')
      await portal.clock.standAt(new Date(opens.getTime() - 1), async () =>
        expect((await askForCode('administrator')).page.path).not.toMatch(/\/code$/),
      )
      portal.clock.goTo(opens)
      expect((await issuedByCode('administrator')).page.path).toMatch(/^\/enrolment\//)
      return
    }
    const early = await portal.clock.standAt(new Date(opens.getTime() - 1), () => renewing(preset))
    expect(early.offered).toBe(false)
    expect(early.page.status).toBe(409)
    expect(early.page.text).toContain('更新できる期間ではありません')
    portal.clock.goTo(opens)
    const inTime = await renewing(preset)
    expect(inTime.offered).toBe(true)
    expect(inTime.page.path).toMatch(/^\/enrolment\//)
  })
}

const proofs = {
  shoko: 'ログインパスワードと電子証明書取得用パスワードの両方',
  sevenbank: 'ログインパスワードと電子証明書取得用パスワードの両方',
  prosrv: '電子証明書取得用パスワード',
  recommended: 'ログインパスワードと電子証明書取得用パスワードの両方',
}
const renewedFiles = {
  shoko: 'ログインパスワード',
  sevenbank: 'ログインパスワード',
  prosrv: 'ログインパスワード',
  recommended: '一度だけ表示される専用のパスワード',
}
const files = {
  shoko: '電子証明書取得用パスワード',
  sevenbank: '電子証明書取得用パスワード',
  prosrv: '電子証明書取得用パスワード',
  recommended: '一度だけ表示される専用のパスワード',
}

for (const preset of byAcquisition) {
  cell('proof', preset, `電子証明書の取得には${proofs[preset]}が要る`, async () => {
    const acquisition = await acquisitionPassword(preset, 'user')
    const refused = [{ acquisitionPassword: 'Machigai2026' }]
    if (preset !== 'prosrv')
      refused.push({ acquisitionPassword: acquisition, password: 'Machigai2026' } as never)
    for (const fields of refused) {
      await startAfresh(portal)
      expect(deliveryOf(await ask(preset, 'user', fields))).toBeUndefined()
    }
    await startAfresh(portal)
    const visitor = await ask(preset, 'user', { acquisitionPassword: acquisition })
    expect(deliveryOf(visitor)).toBeDefined()
    // It works once.
    await startAfresh(portal)
    expect(deliveryOf(await ask(preset, 'user', { acquisitionPassword: acquisition }))).toBeUndefined()
  })

  cell('pkcs12', preset, `証明書ファイルは${files[preset]}で開く`, async () => {
    const { identity, acquisition } = await enrolled(preset, 'user')
    expect(opensWith(identity, identity.passphrase)).toBe(true)
    expect(opensWith(identity, demoOf(preset).user.password)).toBe(false)
    expect(opensWith(identity, acquisition)).toBe(preset !== 'recommended')
    expect((await loginPage(preset, identity)).status).toBe(200)
  })

  cell('pkcs12', preset, `更新した証明書のファイルは${renewedFiles[preset]}で開く`, async () => {
    const [, opensOn] = windows[preset]
    portal.clock.goTo(startOf(opensOn(lives[preset][1](issuedOn))))
    const { page, visitor } = await renewing(preset)
    await visitor.get(page.path)
    const file = { pfx: await renewalOf(portal, visitor), passphrase: '' }
    expect(opensWith(file, demoOf(preset).administrator.password)).toBe(preset !== 'recommended')
    expect(opensWith(file, 'Machigai2026')).toBe(false)
    if (preset !== 'recommended') return
    await visitor.get(page.path)
    await visitor.post(`${page.path}/file-password`)
    const shown = /class="copy-value__value"[^>]*>([^<]+)</.exec(visitor.page.html)?.[1] ?? ''
    expect(opensWith(file, shown)).toBe(true)
  })

  cell(
    'afterExpiry',
    preset,
    '期限が切れたあとは、新しい電子証明書取得用パスワードで取得し直す',
    async () => {
      const before = await acquisitionPassword(preset, 'administrator')
      portal.clock.goTo(new Date(lastSecondOf(plusMonths(issuedOn, 12)).getTime() + 1_000))
      // What proved it before does so no more: the certificate neither logs in nor renews, the old password is over.
      expect((await loginPage(preset)).status).toBe(403)
      expect((await renewing(preset)).page.status).toBe(403)
      expect(deliveryOf(await ask(preset, 'administrator', { acquisitionPassword: before }))).toBeUndefined()
      await startAfresh(portal)
      const { identity } = await enrolled(preset, 'administrator')
      // To TLS, which knows the machine's clock, a certificate of next year is none yet: the portal's rows tell.
      expect(identity.pfx.length).toBeGreaterThan(0)
      const { id } = await userOf(portal, preset, 'administrator')
      const newest = await portal.deps.db.certificate.findFirst({
        where: { userId: id },
        orderBy: { requestedAt: 'desc' },
      })
      expect(newest?.state).toBe('delivered')
    },
  )
}

cell('proof', 'recommended', '電子証明書取得用パスワードの代わりに、登録済みのパスキーでもよい', async () => {
  const device = await registeredDevice(portal, 'user')
  const { loginId, password } = demoOf('recommended').user
  const form = '/e/recommended/enrolment'
  const withPasskey = async (typed: string) => {
    const visitor = portal.visitor()
    await visitor.get(portal.settings.portalOrigin + form)
    const passkey = device.authenticate(await challengeAt(visitor, `${form}/passkey`))
    await visitor.post(form, { loginId, password: typed, passkey })
    return deliveryOf(visitor)
  }
  expect(await withPasskey('machigai-mashita-26')).toBeUndefined()
  expect(await withPasskey(password)).toBeDefined()
})

cell('proof', 'rokin', 'ログインパスワードと、メールで届く6桁の認証コード（30分有効）が要る', async () => {
  portal.clock.goTo(startOf(plusDays(issuedOn, 340)))
  const { email } = demoOf('rokin').user
  const visitor = await askForCode('user')
  const address = visitor.page.path
  expect(address).toMatch(/\/code$/)
  const first = await lastSealed(portal, email)
  expect(first.code).toMatch(/^\d{6}$/)
  portal.clock.move(30 * 60 + 1)
  const late = await askForCode('user')
  expect(late.page.path).toMatch(/\/code$/)
  await late.post(late.page.path, { code: '000000' })
  expect(late.page.path).toMatch(/\/code$/)
  const second = await lastSealed(portal, email)
  await late.post(late.page.path, { code: second.code ?? '' })
  expect(late.page.path).toMatch(/\/confirmation$/)
})

cell('pkcs12', 'rokin', '証明書ファイルはログインパスワードで開く', async () => {
  portal.clock.goTo(startOf(plusDays(issuedOn, 341)))
  const { password } = demoOf('rokin').user
  const visitor = await issuedByCode('user')
  const pfx = await renewalOf(portal, visitor)
  expect(opensWith({ pfx, passphrase: password }, password)).toBe(true)
  expect(opensWith({ pfx, passphrase: password }, 'Machigai-26')).toBe(false)
})

cell('afterExpiry', 'rokin', '期限が切れたあとも、同じ発行の画面から再発行できる', async () => {
  portal.clock.goTo(new Date(lastSecondOf(plusDays(issuedOn, 365)).getTime() + 1_000))
  expect((await loginPage('rokin')).status).toBe(403)
  // The certificate is over, the mailed code is not spared.
  const withoutCode = await askForCode('administrator')
  await withoutCode.post(withoutCode.page.path.replace('/code', '/confirmation'))
  expect(withoutCode.page.status).toBe(409)
  expect((await issuedByCode('administrator')).page.path).toMatch(/^\/enrolment\//)
})

const stateOf = async (id: string) =>
  (await portal.deps.db.certificate.findUniqueOrThrow({ where: { id } })).state

/** A certificate of the preset's user that may be revoked: the newest, or one that is got now. */
const usableOf = async (preset: Certified): Promise<string> => {
  const { id: userId } = await userOf(portal, preset, 'user')
  const newest = () =>
    portal.deps.db.certificate.findFirst({
      where: { userId, state: { in: ['delivered', 'active'] }, notAfter: { gt: portal.clock.now() } },
      orderBy: { requestedAt: 'desc' },
    })
  if (!(await newest())) await enrolled(preset, 'user')
  const found = await newest()
  if (!found) throw new Error(`the user of ${preset} has no certificate`)
  return found.id
}

const revokedByCompany = { sevenbank: true, recommended: true, shoko: false, rokin: false, prosrv: false }

for (const preset of ['shoko', 'rokin', 'sevenbank', 'prosrv', 'recommended'] as const) {
  const own = revokedByCompany[preset]
  cell(
    'revocation',
    preset,
    own ? '企業の管理者が失効できる' : '企業の管理者は失効できず、当行が失効する',
    async () => {
      // Before everybody's certificates of the first day run out; whoever acts has kept their password up to date.
      portal.clock.goTo(startOf(plusDays(issuedOn, 350)))
      await startAfresh(portal)
      await passwordSetToday(preset)
      const administrator =
        preset === 'sevenbank' ? await sevenbankAtHome() : await atHome(portal, preset, 'administrator')
      const page = await administrator.get('/users/certificates')
      expect(page.status).toBe(own ? 200 : 403)
      if (own) {
        const certificateId = await usableOf(preset)
        await administrator.post(`/users/certificates/${certificateId}/revocation`)
        const { password: loginPassword, confirmationPassword } = demoOf(preset).administrator
        await execute(administrator, {
          ...(confirmationPassword ? { confirmationPassword } : { loginPassword }),
        })
        expect(await stateOf(certificateId)).toBe('revoked')
      }
      if (own && preset !== 'recommended') return
      const certificateId = await usableOf(preset)
      const operator = await logInAsStaff(portal, portal.visitor(await portal.identity('operator')))
      const { id } = await userOf(portal, preset, 'user')
      await openCase(portal, operator, id, 'certificate-revocation', {
        reasonChoice: 'requested',
        reasonText: '',
      })
      expect(await stateOf(certificateId)).toBe('revoked')
    },
  )
}
