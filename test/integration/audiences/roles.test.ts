import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refusalCeiling } from '../../../src/platform/audit/refusal-ceiling.ts'
import { demoOf } from '../../support/factors.ts'
import { officerAtWork } from '../../support/officers.ts'
import { demo, openPortal, type Portal } from '../../support/portal.ts'
import type { Visitor } from '../../support/visitor.ts'
import { atHome } from '../../support/ways-in.ts'

let portal: Portal
let routes: Route[]
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'prosrv'], generalUsers: true })
  routes = reviewedRoutes()
})
afterAll(() => portal.close())

type Route = { method: string; url: string; audience: string; roles: string[] }

/** The reviewed list, as `sekisho routes` prints it: the routes of an open session, with their roles. */
const reviewedRoutes = (): Route[] =>
  execFileSync(process.execPath, ['src/main.ts', 'routes'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .flatMap(line => {
      const found =
        /^(GET|POST) +(\S+) +\S+ +(user|staff), (?:\w+ \| )*open(?: \| \w+)*(?:: \S+)? \[(.*?)\]/.exec(line)
      if (!found) return []
      const [, method = '', url = '', audience = '', roles = ''] = found
      return [{ method, url, audience, roles: roles.split(' ') }]
    })

/** As many are asked before ten minutes pass: whoever is refused more often has to wait (decision 94). */
const beforeAWait = 60
let asked = 0

/** Asks for each route with this id in its address, a few at a time, and gives the status of each. */
const statusesOf = async (visitor: Visitor, wanted: Route[], id: string): Promise<[string, number][]> => {
  const _csrf = visitor.csrfToken() ?? ''
  const answers: [string, number][] = []
  for (let n = 0; n < wanted.length; n += 6) {
    asked += Math.min(6, wanted.length - n)
    if (asked > beforeAWait) {
      asked = 0
      portal.clock.move(refusalCeiling.seconds)
    }
    answers.push(
      ...(await Promise.all(
        wanted.slice(n, n + 6).map(async ({ method, url }): Promise<[string, number]> => {
          const address = url.replaceAll(/:[A-Za-z]+/g, id)
          const { status } =
            method === 'GET'
              ? await visitor.get(address, { follow: false })
              : await visitor.post(address, { _csrf }, { follow: false })
          return [`${method} ${url}`, status]
        }),
      )),
    )
  }
  return answers
}

/** Of what kind the id in a route's address is; undefined where it is no company's, or no id. */
const kindIn = (url: string): 'user' | 'certificate' | 'entry' | undefined => {
  if (/^\/certificates\/:id/.test(url)) return 'certificate'
  if (/^\/history\/:id/.test(url)) return 'entry'
  // Files that were exported and imported have tests of their own, for each takes minutes to make.
  if (/^\/(history\/exports|users\/import|authorization|services|information|surveys)/.test(url))
    return undefined
  return /:(id|target|draft)/.test(url) ? 'user' : undefined
}

/** The ids that an administrator of another company has there, for each route: of real things, and of open wizards. */
const idsOf = async (stranger: Visitor) => {
  const { loginId } = demoOf('prosrv').user
  const user = await portal.deps.db.user.findFirstOrThrow({ where: { loginId } })
  const { companyId } = user
  const certificate = await portal.deps.db.certificate.findFirstOrThrow({ where: { companyId } })
  const entry = await portal.deps.db.history.findFirstOrThrow({ where: { chainId: companyId } })
  const ids = { user: user.id, certificate: certificate.id, entry: entry.id }
  const drafts = new Map<string, string>()
  return {
    companyId,
    drafts,
    reachedBy: async (url: string) => {
      const kind = kindIn(url) ?? 'user'
      const target = /^\/users\/certificates/.test(url) ? ids.user : ids[kind]
      const begin = (url.split('/:draft')[0] ?? url).replace(':target', target)
      if (url.includes(':draft') && !drafts.has(begin)) {
        await stranger.get('/home')
        await stranger.post(begin)
        const [, open] = /\/([0-9a-f-]{36})(?:\/|$)/.exec(stranger.page.path.slice(begin.length)) ?? []
        if (open) drafts.set(begin, open)
      }
      return { target, draft: drafts.get(begin) ?? ids.user }
    },
  }
}

/** What a stranger's tries must leave as it was. */
const everythingOf = async (companyId: string) => ({
  users: await portal.deps.db.user.findMany({ where: { companyId }, orderBy: { id: 'asc' } }),
  certificates: await portal.deps.db.certificate.findMany({ where: { companyId }, orderBy: { id: 'asc' } }),
})

const refusedTriesBy = (loginId: string): Promise<number> =>
  portal.deps.db.history.count({ where: { outcome: 'refused', actorLoginId: loginId } })

describe('role × route × company', () => {
  it.each(['operator', 'approver', 'editor', 'auditor'] as const)(
    'H-01 %s: the console forbids what the reviewed list forbids, and lets in where it lets in',
    async role => {
      const officer = await officerAtWork(portal, role, `matrix.${role}`)
      const nothing = portal.deps.ids.next()
      const console = routes.filter(({ audience }) => audience === 'staff')
      const forbidden = console.filter(({ roles }) => !roles.includes(role))
      expect(console.length).toBeGreaterThan(60)
      const statuses = await statusesOf(officer, forbidden, nothing)
      expect(statuses.filter(([, status]) => status !== 403)).toEqual([])
      const pages = console.filter(
        ({ method, roles, url }) => method === 'GET' && roles.includes(role) && !/:/.test(url),
      )
      const seen = await statusesOf(officer, pages, nothing)
      expect(seen.filter(([, status]) => status !== 200 && status !== 303)).toEqual([])
    },
  )

  it('D-14 a general user is refused wherever the list names administrators alone', async () => {
    const user = await atHome(portal, 'prosrv', 'user')
    const forbidden = routes.filter(
      ({ audience, roles }) => audience === 'user' && !roles.some(role => role.startsWith('user')),
    )
    expect(forbidden.length).toBeGreaterThan(30)
    const statuses = await statusesOf(user, forbidden, portal.deps.ids.next())
    expect(statuses.filter(([, status]) => status !== 403)).toEqual([])
  })

  it('D-14, I-05 an administrator reaches nothing by the ids of another company, whatever they are of, and each try is recorded', async () => {
    const admin = await portal.administrator()
    const stranger = await atHome(portal, 'prosrv', 'administrator')
    const theirs = await idsOf(stranger)
    const mine = routes.filter(({ audience, url }) => audience === 'user' && kindIn(url) !== undefined)
    expect(mine.length).toBeGreaterThan(60)
    const before = await everythingOf(theirs.companyId)
    const triesBefore = await refusedTriesBy(demo.administrator.loginId)
    const statuses: [string, number][] = []
    for (const route of mine) {
      const { target, draft } = await theirs.reachedBy(route.url)
      const address = { ...route, url: route.url.replace(/:(id|target)/, target).replace(':draft', draft) }
      statuses.push(...(await statusesOf(admin, [address], '1')))
    }
    // Nothing is shown and nothing is done: refused, not found, or led back to where a wizard begins.
    expect(statuses.filter(([, status]) => status === 200 || status >= 500)).toEqual([])
    expect(await everythingOf(theirs.companyId)).toEqual(before)
    const refused = statuses.filter(([, status]) => status === 403 || status === 404)
    expect(refused.length).toBeGreaterThan(100)
    expect((await refusedTriesBy(demo.administrator.loginId)) - triesBefore).toBeGreaterThanOrEqual(
      refused.length,
    )
    expect(theirs.drafts.size).toBeGreaterThan(8)
    // No officer's page at all is there for a customer (H-01).
    const console = routes.filter(({ audience }) => audience === 'staff')
    const atConsole = await statusesOf(admin, console, theirs.companyId)
    expect(atConsole.filter(([, status]) => status !== 403)).toEqual([])
  })
})
