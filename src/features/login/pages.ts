import type { Stage } from '../../platform/http/policy.ts'

/** Where each stage of a user's session goes on. */
export const userStagePages: Record<Stage, string> = {
  takeover: '/login/takeover',
  second_factor: '/login/second-factor',
  registration: '/registration',
  password_change: '/password',
  confirmation_password: '/confirmation-password',
  terms: '/terms',
  open: '/home',
}

/** Whoever has begun to log in may end it at any step. */
export const duringOrAfterLogin = Object.keys(userStagePages) as Stage[]

/**
 * Where a login goes on at a stage; once it is complete, to the page that a timeout interrupted (B-12), else home.
 * @param returnTo the session's, a path of ours
 */
export const landing = (stage: Stage, returnTo?: string): string =>
  stage === 'open' && returnTo ? returnTo : userStagePages[stage]
