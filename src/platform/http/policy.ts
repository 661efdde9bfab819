import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Actor, StaffActor, UserActor } from '../../kernel/actor.ts'
import type { Door } from '../tls/listeners.ts'
import type { LiveSession } from './live-session.ts'

/** How far into the login a session must have come for a route (see `SessionStage` in the schema). */
export type Stage =
  | 'takeover'
  | 'second_factor'
  | 'registration'
  | 'password_change'
  | 'confirmation_password'
  | 'terms'
  | 'open'

/** Who may use a route, and by which door it is reached. Every route carries one (house rule 1). */
export type Policy =
  | { audience: 'anyone'; door: Door | 'either' }
  | { audience: 'enrolment'; stages: readonly Stage[]; action?: undefined }
  | { audience: 'user' | 'staff'; stages: readonly Stage[]; action?: string }

declare module 'fastify' {
  interface FastifyContextConfig {
    policy?: Policy
    /** The screen's ID, shown in its corner and named in the history when somebody is refused there. */
    screen?: string
    /** Answers without a session cookie or CSRF token, to machines: health, CRL, OCSP. */
    machine?: boolean
    /** Gives a file and no page: without a session it is refused, not led to a login that would not come back. */
    file?: boolean
  }
}

/** Anyone, by this door: pages before login. */
export const open = (door: Door | 'either'): Policy => ({ audience: 'anyone', door })

/** Somebody who proved who they are in order to get a certificate, and nothing more (C-02). */
export const enrolment = (...stages: Stage[]): Policy => ({
  audience: 'enrolment',
  stages: stages.length > 0 ? stages : ['open'],
})

/** A company's user, logged in; with an action, one who may do it. */
export const user = (action?: string): Policy => ({
  audience: 'user',
  stages: ['open'],
  ...(action && { action }),
})

/** A user whose role must allow the action: the same as `user(action)`, said where only administrators are meant. */
export const admin = (action: string): Policy => user(action)

/** A user in one of the stages between the right password and the open portal. */
export const userDuring = (...stages: Stage[]): Policy => ({ audience: 'user', stages })

/** The bank's staff, logged in; with an action, those who may do it. */
export const staff = (action?: string): Policy => ({
  audience: 'staff',
  stages: ['open'],
  ...(action && { action }),
})

/** Staff in one of the stages between the right password and the open console. */
export const staffDuring = (...stages: Stage[]): Policy => ({ audience: 'staff', stages })

/** One route as a reviewer reads it. */
export type RouteEntry = { method: string; url: string; policy: Policy; machine: boolean; screen?: string }

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route of the application with who may use it; complete once the application is ready. */
    routeTable: RouteEntry[]
  }
}

/**
 * Refuses to boot with a route that has no policy, or whose policy names an action that nobody knows, and keeps the
 * list of all routes (`app.routeTable`). Must be called before any route is added.
 */
export const requirePolicies = (app: FastifyInstance, isAction: (action: string) => boolean): void => {
  const table: RouteEntry[] = []
  app.decorate('routeTable', table)
  app.addHook('onRoute', route => {
    const policy = route.config?.policy
    if (!policy) throw new Error(`${String(route.method)} ${route.url} has no policy`)
    if ('action' in policy && policy.action !== undefined && !isAction(policy.action))
      throw new Error(`${String(route.method)} ${route.url}: there is no action "${policy.action}"`)
    for (const method of [route.method].flat())
      if (method !== 'HEAD')
        table.push({
          method,
          url: route.url,
          policy,
          machine: route.config?.machine ?? false,
          ...(route.config?.screen && { screen: route.config.screen }),
        })
  })
}

/** A policy in words: `user, open: user:manage`. */
export const describePolicy = (policy: Policy): string => {
  if (policy.audience === 'anyone') return `anyone by ${policy.door}`
  if (policy.audience === 'enrolment') return `enrolment, ${policy.stages.join(' | ')}`
  return `${policy.audience}, ${policy.stages.join(' | ')}${policy.action ? `: ${policy.action}` : ''}`
}

/** The user who asks. Only for routes whose policy lets nobody but users in; anything else is a mistake of ours. */
export const userActor = (request: FastifyRequest): UserActor => {
  const actor = request.actor
  if (actor.kind !== 'user') throw new Error(`${request.routeOptions.url} is reached without a user`)
  return actor
}

/** The officer who asks. Only for routes whose policy lets nobody but staff in. */
export const staffActor = (request: FastifyRequest): StaffActor => {
  const actor = request.actor
  if (actor.kind !== 'staff') throw new Error(`${request.routeOptions.url} is reached without staff`)
  return actor
}

/** The session of a request. Only for routes whose policy lets nobody in without one. */
export const liveOf = (request: FastifyRequest): LiveSession => {
  if (!request.live) throw new Error(`${request.routeOptions.url} is reached without a session`)
  return request.live
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks: a stranger until a session says otherwise. */
    actor: Actor
  }
}
