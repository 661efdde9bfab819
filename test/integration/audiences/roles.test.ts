import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoOf } from '../../support/factors.ts'
import { officerAtWork } from '../../support/officers.ts'
import { openPortal, type Portal } from '../../support/portal.ts'
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

/** Asks for each route with this id in its address, a few at a time, and gives the status of each. */
const statusesOf = async (visitor: Visitor, asked: Route[], id: string): Promise<[string, number][]> => {
  const _csrf = visitor.csrfToken() ?? ''
  const answers: [string, number][] = []
  for (let n = 0; n < asked.length; n += 6)
    answers.push(
      ...(await Promise.all(
        asked.slice(n, n + 6).map(async ({ method, url }): Promise<[string, number]> => {
          const address = url.replaceAll(/:[A-Za-z]+/g, id)
          const { status } =
            method === 'GET'
              ? await visitor.get(address, { follow: false })
              : await visitor.post(address, { _csrf }, { follow: false })
          return [`${method} ${url}`, status]
        }),
      )),
    )
  return answers
}

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

  it('D-14, I-05 an administrator reaches nothing by the ids of another company, and no officer’s page at all', async () => {
    const admin = await portal.administrator()
    const { loginId } = demoOf('prosrv').user
    const other = await portal.deps.db.user.findFirstOrThrow({ where: { loginId } })
    const mine = routes.filter(({ audience, url }) => audience === 'user' && /:/.test(url))
    expect(mine.length).toBeGreaterThan(30)
    const statuses = await statusesOf(admin, mine, other.id)
    // Nothing is shown and nothing is done: refused, not found, or led back to where a wizard begins.
    expect(statuses.filter(([, status]) => status === 200 || status >= 500)).toEqual([])
    expect(await portal.deps.db.user.findUniqueOrThrow({ where: { id: other.id } })).toEqual(other)
    const console = routes.filter(({ audience, method }) => audience === 'staff' && method === 'GET')
    const refused = await statusesOf(admin, console.slice(0, 20), other.id)
    expect(refused.filter(([, status]) => status !== 403)).toEqual([])
  })
})
