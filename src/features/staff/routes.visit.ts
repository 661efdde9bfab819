import type { Stage } from '../../platform/http/policy.ts'

export { liveOf } from '../../platform/http/policy.ts'

/** Where an officer's login goes on, by what still stands between them and the console. */
export const landingOf = (stage: Stage): string =>
  stage === 'takeover'
    ? '/helpdesk/takeover'
    : stage === 'second_factor'
      ? '/helpdesk/otp/registration'
      : stage === 'password_change'
        ? '/helpdesk/password'
        : '/helpdesk/home'
