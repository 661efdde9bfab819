import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { announcementPart } from '../../../../src/features/announcements/index.ts'
import { savePosting } from '../../../../src/features/postings/index.ts'
import { publishTerms } from '../../../../src/features/terms/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { businessDayOf, plusDays, startOf } from '../../../../src/kernel/business-day.ts'
import { plusSeconds } from '../../../../src/kernel/clock.ts'
import { type PresetName, presetNames } from '../../../../src/policy/policy.ts'
import { demoOf, overridePolicy, registerOtp, userOf } from '../../../support/factors.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import {
  browse,
  contractFor,
  redeem,
  requestOf,
  type TestService,
  verifier,
} from '../../../support/services.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'
import { type Caller, callerOf } from '../../../support/ways-in.ts'

let portal: Portal
const services = new Map<PresetName, TestService>()

beforeAll(async () => {
  portal = await openPortal({ presets: [...presetNames], generalUsers: false })
  for (const preset of presetNames)
    services.set(
      preset,
      await contractFor(portal, { contractNumber: demoOf(preset).company.contractNumber, permission: null }),
    )
})
afterAll(() => portal?.close())

const serviceOf = (preset: PresetName): TestService => {
  const service = services.get(preset)
  if (!service) throw new Error(`${preset} has no service`)
  return service
}

/** Asks for a service without a session; gives the proof of the request and what the login is to lead to. */
const askFor = async (visitor: Visitor, preset: PresetName) => {
  const proof = verifier()
  await browse(visitor, requestOf(portal, serviceOf(preset), proof))
  return { proof, next: new URL(visitor.page.url).searchParams.get('next') ?? '' }
}

const byPassword: readonly PresetName[] = ['sevenbank', 'prosrv', 'omakase']

/** Takes the entrance's link to the login, which carries what was asked for, and types the password. */
const logIn = async ({ visitor, type }: Caller, preset: PresetName, next: string): Promise<Page> => {
  const way = `/login/${byPassword.includes(preset) ? 'password' : 'certificate'}?next=`
  const links = [...visitor.page.html.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href)
  const link = links.find(each => each.includes(way + encodeURIComponent(next)))
  if (!link) throw new Error(`${visitor.page.url} has no link ${way}: ${links.join(' ')}`)
  await visitor.get(link)
  return type(demoOf(preset).administrator.password, { next })
}

/** Goes on from where a login has led, into the service. */
const arrive = async (visitor: Visitor, preset: PresetName, proof: string) => {
  const { refresh } = visitor.page.headers
  if (typeof refresh !== 'string') throw new Error(`at ${visitor.page.url}: ${visitor.page.text}`)
  const back = await browse(visitor, refresh.slice(refresh.indexOf('url=') + 4))
  const code = new URL(back ?? '').searchParams.get('code') ?? ''
  return redeem(portal, serviceOf(preset), { code, proof })
}

describe('without a session', () => {
  it.each(presetNames)(
    'G-04 %s: the login at the company’s own entrance leads on to the service',
    async preset => {
      const caller = await callerOf(portal, preset, 'administrator')
      const { proof, next } = await askFor(caller.visitor, preset)
      expect(next).toMatch(/^\/authorization\//)
      expect(caller.visitor.page.path).toBe(preset === 'shoko' ? '/' : `/e/${preset}`)
      await logIn(caller, preset, next)
      expect((await arrive(caller.visitor, preset, proof)).status).toBe(200)
    },
  )
})

const administrator = async (preset: PresetName) => {
  const { companyId, id: userId } = await userOf(portal, preset, 'administrator')
  return { companyId, userId }
}

/** Ends whatever session a user has, so that nobody asks whether to take it over. */
const endSessions = async (preset: PresetName) => {
  const { userId } = await administrator(preset)
  await portal.deps.db.session.updateMany({
    where: { userId, endedAt: null },
    data: { endedAt: portal.clock.now(), endReason: 'logout' },
  })
}

const publish = (slug: PresetName, textJa: string) =>
  publishTerms(portal.deps, system('test'), slug, {
    ...{ textJa, textEn: textJa, mustAccept: true },
    effectiveAt: portal.clock.now(),
  })

const acceptTerms = (visitor: Visitor) =>
  visitor.post('/terms', {
    terms: /name="terms" value="([^"]+)"/.exec(visitor.page.html)?.[1] ?? '',
    accept: 'yes',
  })

const forcePasswordChange = async (preset: PresetName) =>
  portal.deps.db.credential.updateMany({
    where: { ...(await administrator(preset)), kind: 'login_password' },
    data: { forceChange: true },
  })

describe('a login with more to it', () => {
  it('G-04 B-12 second factor, new password and terms come first, and lead on to the service', async () => {
    await endSessions('sevenbank')
    await overridePolicy(portal, 'sevenbank', { login: { secondFactor: 'totp' } })
    await publish('sevenbank', '第一条')
    await forcePasswordChange('sevenbank')
    const caller = await callerOf(portal, 'sevenbank', 'administrator')
    const { visitor } = caller
    const { proof, next } = await askFor(visitor, 'sevenbank')
    await logIn(caller, 'sevenbank', next)
    expect(visitor.page.path).toBe('/login/second-factor')
    await registerOtp(portal, visitor)
    expect(visitor.page.path).toBe('/password')
    const { password: current } = demoOf('sevenbank').administrator
    await visitor.post('/password', { current, next: 'Atarashii27', nextAgain: 'Atarashii27' })
    expect(visitor.page.path).toBe('/terms')
    await acceptTerms(visitor)
    expect((await arrive(visitor, 'sevenbank', proof)).status).toBe(200)
  })

  it('G-04 a service asked for on the way through a login is where it leads, whatever it was begun for', async () => {
    await endSessions('rokin')
    await publish('rokin', '第一条')
    const caller = await callerOf(portal, 'rokin', 'administrator')
    const { visitor } = caller
    await caller.open()
    await caller.type(demoOf('rokin').administrator.password, { next: '/history' })
    expect(visitor.page.path).toBe('/terms')
    // The tab is closed, and opened again by the service.
    const proof = verifier()
    await browse(visitor, requestOf(portal, serviceOf('rokin'), proof))
    expect(visitor.page.path).toBe('/terms')
    await acceptTerms(visitor)
    expect((await arrive(visitor, 'rokin', proof)).status).toBe(200)
  })

  it.each(['omakase', 'shoko'] as const)(
    'G-04 %s: a session that has run out is none: the login comes first, and leads on',
    async preset => {
      await endSessions(preset)
      const caller = await callerOf(portal, preset, 'administrator')
      await caller.enter()
      expect(caller.visitor.page.path).toBe('/home')
      portal.clock.move(31 * 60)
      const { proof, next } = await askFor(caller.visitor, preset)
      await logIn(caller, preset, next)
      expect((await arrive(caller.visitor, preset, proof)).status).toBe(200)
    },
  )
})

describe('maintenance', () => {
  /** A window of the service, in minutes from now, in an お知らせ for one preset. */
  const close = async (preset: PresetName, from: number, to: number) => {
    const at = (minutes: number) => plusSeconds(portal.clock.now(), minutes * 60)
    const made = await savePosting(portal.deps, system('test'), {
      id: portal.deps.ids.next(),
      kind: 'announcement',
      version: null,
      sent: null,
      written: {
        ...{ title: '停止のお知らせ', body: '停止します。', sender: 'ヘルプデスク' },
        ...{ publishAt: at(-60), endsAt: null, presets: [preset], roles: [], contractNumbers: null },
      },
      own: announcementPart(
        [],
        [{ serviceCode: 'cash', systemName: '', startsAt: at(from), endsAt: at(to) }],
      ),
    })
    if (!made.ok) throw new Error(made.reason)
  }

  it('G-01 G-04 a service in its window lets nobody in, by its tile or by its own request, and says until when', async () => {
    await endSessions('omakase')
    const { visitor, enter } = await callerOf(portal, 'omakase', 'administrator')
    const midnight = startOf(plusDays(businessDayOf(portal.clock.now()), 2))
    const ways = () => ['/services/cash', requestOf(portal, serviceOf('omakase'), verifier())]
    const home = () => visitor.get(`${portal.settings.portalOrigin}/home`)
    await portal.clock.standAt(plusSeconds(midnight, -600), async () => {
      await enter()
      // Of other companies, and over: neither closes anything here.
      await close('rokin', -5, 10)
      await close('omakase', -10, -5)
      expect((await home()).text).not.toContain('ご利用いただけません')
      expect(await browse(visitor, '/services/cash')).toBeDefined()

      await close('omakase', -5, 10)
      expect((await home()).text).toContain('現在ご利用いただけません')
      const before = await portal.deps.db.serviceEntry.count()
      for (const address of ways()) {
        expect(await browse(visitor, address)).toBeUndefined()
        expect(visitor.page.status).toBe(409)
        expect(visitor.page.text).toContain('ただいまメンテナンス中です')
        expect(visitor.page.text).toMatch(
          /「資金管理サービス」のメンテナンスは、\d+年\d+月\d+日（.） 24:00に終了する予定です/,
        )
      }
      const english = await visitor.get('/services/cash?lang=en')
      expect(english.text).toMatch(/The maintenance of “Cash management” is to end at .+ 24:00\./)
      expect(await portal.deps.db.serviceEntry.count()).toBe(before)
      expect(await portal.deps.db.history.count({ where: { reason: 'service.closed' } })).toBe(3)
    })
    await portal.clock.standAt(midnight, async () => {
      for (const address of ways()) {
        await home()
        expect(await browse(visitor, address)).toBeDefined()
      }
    })
  })
})
