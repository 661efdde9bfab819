import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { paginationOf, sortOf } from '../../platform/http/pagination.ts'
import { admin, userActor } from '../../platform/http/policy.ts'
import { registerWizard } from '../../platform/http/wizard-routes.ts'
import { readerOf } from '../../platform/reader.ts'
import { policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import { factorsOf } from '../../policy/second-factor.ts'
import { administratorsRevoke } from './certificate-revocation.ts'
import { userEnquiry } from './details.ts'
import { enquiryActs, userRow } from './list.ts'
import { offersRelease } from './lock-release.ts'
import { reachOf } from './managing.ts'
import { listUsers, longestSearch, sortColumns } from './queries.list.ts'
import { countToDecide } from './queries.requests.ts'
import { contractOf, findUser, pageSize } from './queries.ts'
import { serviceActsOffered } from './service-state.ts'
import { accountsAsked } from './shown-accounts.ts'
import { registerUserWizard } from './wizards.ts'

const manage = admin('user:manage')

// What is no condition of ours is none: an address typed by hand still shows a list. The default is for what is not there,
// which would be found missing, and described, at every page.
const search = z.object({
  q: z.string().default('').catch(''),
  sort: z.enum(sortColumns).default('login-id').catch('login-id'),
  order: z.enum(['ascending', 'descending']).default('ascending').catch('ascending'),
  page: z.coerce.number().int().min(1).max(1_000_000).default(1).catch(1),
})

/** The policy of the company whose user asks, as their session has just read it. */
const policyInForce = (request: FastifyRequest): SecurityPolicy => {
  if (!request.live?.company) throw new Error(`${request.routeOptions.url} is reached without a company`)
  return policyOf(request.live.company)
}

/** 「管理」 and 利用者管理 (D-01, D-02). */
export const userAdministrationRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get('/administration', { config: { policy: manage, screen: 'BRSK003' } }, async (request, reply) => {
    const { policy } = await contractOf(deps.db, userActor(request))
    return reply.page('users/administration', {
      screen: 'BRSK003',
      title: request.t('users.administration.title'),
      revokes: administratorsRevoke(policy),
      otp: factorsOf(policy.login).includes('totp'),
      passkeys: factorsOf(policy.login).includes('passkey'),
      toDecide: await countToDecide(deps, userActor(request)),
    })
  })

  app.get('/users', { config: { policy: manage, screen: 'BRSK004' } }, async (request, reply) => {
    const { q, sort: by, order: direction, page } = search.parse(request.query)
    const actor = userActor(request)
    const policy = policyInForce(request)
    // A condition that is too long must not quietly become a list of everybody.
    const tooLong = [...q].length > longestSearch
    const found = tooLong
      ? undefined
      : await listUsers(deps, actor, { text: q, sort: { by, direction }, page }, policy)
    const reach = await reachOf(deps.db, actor, policy)
    const addressOf = (changed: Record<string, string>) =>
      `/users?${new URLSearchParams({ ...(q !== '' && { q }), sort: by, order: direction, ...changed })}`
    const reader = readerOf(request)
    const otp = factorsOf(policy.login).includes('totp')
    return reply.page(
      'users/list',
      {
        otp,
        screen: 'BRSK004',
        title: request.t('users.list.title'),
        values: { q: [...q].slice(0, longestSearch).join('') },
        errors: tooLong
          ? [{ field: 'q', message: request.t('reasons.search.tooLong', { longest: longestSearch }) }]
          : [],
        searched: q !== '',
        kept: [
          { name: 'sort', value: by },
          { name: 'order', value: direction },
        ],
        sorts: Object.fromEntries(
          sortColumns.map(column => [
            column,
            sortOf(column, { by, direction }, next => addressOf({ sort: next.by, order: next.direction })),
          ]),
        ),
        exportHref: `/users/export?${new URLSearchParams({ ...(q !== '' && { q }), sort: by, order: direction })}`,
        rows: found?.users.map(user =>
          userRow(reader, user, {
            otp,
            change: reach.manages(user),
            remove: reach.manages(user) && serviceActsOffered(actor, user).includes('delete'),
            release: offersRelease(policy, actor, reach, user),
          }),
        ),
        pagination:
          found &&
          paginationOf({ total: found.total, page: found.page, size: pageSize }, number =>
            addressOf({ page: String(number) }),
          ),
      },
      tooLong ? 422 : 200,
    )
  })

  registerWizard(app, deps, registerUserWizard, '/users/new')

  app.get<{ Params: { id: string } }>(
    '/users/:id',
    { config: { policy: manage, screen: 'BRSK005' } },
    async (request, reply) => {
      const actor = userActor(request)
      const found = await findUser(deps, actor, request.params.id)
      if (!found.ok) return reply.refuse(found)
      const policy = policyInForce(request)
      const reader = readerOf(request)
      return reply.page('users/enquiry', {
        screen: 'BRSK005',
        title: request.t('users.enquiry.title'),
        whyHref: `/obstacles?${new URLSearchParams({ user: found.value.loginId })}`,
        acts: enquiryActs(request.t, actor, policy, await reachOf(deps.db, actor, policy), found.value),
        ...userEnquiry(reader, found.value, accountsAsked.parse(request.query)),
      })
    },
  )
}
