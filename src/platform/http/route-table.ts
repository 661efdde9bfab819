import type { FastifyInstance, RouteOptions } from 'fastify'
import type { Policy } from './policy.ts'

type Entry = { method: string; url: string; policy: Policy; screen: string }

const entries = new WeakMap<FastifyInstance, Entry[]>()

/** Notes a route as it is added, for `routeTable`. `app` is the root application. */
export const noteRoute = (app: FastifyInstance, route: RouteOptions, policy: Policy): void => {
  const noted = entries.get(app) ?? []
  entries.set(app, noted)
  // Fastify adds HEAD to each GET, with the same policy.
  for (const method of [route.method].flat())
    if (method !== 'HEAD') noted.push({ method, url: route.url, policy, screen: route.config?.screen ?? '' })
}

const inWords = (policy: Policy): string => {
  if (policy.audience === 'anyone') return `anyone, ${policy.door} door`
  if (policy.audience === 'enrolment') return 'enrolment'
  const during = policy.stages.join('/')
  const action = policy.action === undefined ? '' : ` who may ${policy.action}`
  return policy.audience + action + (during === 'open' ? '' : `, during ${during}`)
}

/**
 * Every route of a ready application with its policy and screen, one line each, sorted by address: what
 * `npm run routes` prints and `test/architecture/routes.txt` holds as reviewed.
 */
export const routeTable = (app: FastifyInstance): string[] => {
  const rows = (entries.get(app) ?? [])
    .toSorted((a, b) => (a.url === b.url ? (a.method < b.method ? -1 : 1) : a.url < b.url ? -1 : 1))
    .map(({ method, url, policy, screen }) => [method, url, inWords(policy), screen] as const)
  const width = (column: 0 | 1 | 2) => Math.max(0, ...rows.map(row => row[column].length))
  return rows.map(([method, url, policy, screen]) =>
    [method.padEnd(width(0)), url.padEnd(width(1)), policy.padEnd(width(2)), screen].join('  ').trimEnd(),
  )
}
