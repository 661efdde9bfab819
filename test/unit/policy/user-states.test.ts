import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type EmailEvent,
  emailStateAfter,
  type ServiceAct,
  type ServiceState,
  serviceStateAfter,
} from '../../../src/policy/user-states.ts'

const acts: ServiceAct[] = ['suspend', 'resume', 'block', 'release', 'delete']
const anyActs = fc.array(fc.constantFrom(...acts))

/** As a row would have it: what is refused changes nothing. */
const reached = (state: ServiceState, happened: ServiceAct[]): ServiceState =>
  happened.reduce((now, act) => {
    const next = serviceStateAfter(now, act)
    return next.ok ? next.value : now
  }, state)

describe('D-15 サービス状態', () => {
  it.each([
    ['available', 'suspend', 'suspended'],
    ['available', 'block', 'blocked'],
    ['suspended', 'resume', 'available'],
    ['blocked', 'release', 'available'],
  ] as const)('%s, %s: %s', (state, act, next) =>
    expect(serviceStateAfter(state, act)).toEqual({ ok: true, value: next }),
  )

  it.each([
    ['suspended', 'suspend'],
    ['suspended', 'block'],
    ['suspended', 'release'],
    ['blocked', 'suspend'],
    ['blocked', 'resume'],
    ['available', 'resume'],
    ['available', 'release'],
  ] as const)('%s refuses %s and says what the user is', (state, act) =>
    expect(serviceStateAfter(state, act)).toEqual({ ok: false, reason: `user.state.${state}` }),
  )

  it('D-09 nothing brings a deleted user back, and everybody else can be deleted', () => {
    fc.assert(
      fc.property(anyActs, anyActs, (before, later) => {
        expect(reached('available', [...before, 'delete'])).toBe('deleted')
        expect(reached('available', [...before, 'delete', ...later])).toBe('deleted')
      }),
    )
  })

  it('whoever is kept out gets in again only by the act that is made for it', () => {
    fc.assert(
      fc.property(anyActs, happened => {
        const resumed = happened.filter(act => act !== 'resume')
        expect(reached('suspended', resumed)).not.toBe('available')
        const released = happened.filter(act => act !== 'release')
        expect(reached('blocked', released)).not.toBe('available')
      }),
    )
  })

  it('an act that was done is not done again', () => {
    fc.assert(
      fc.property(anyActs, fc.constantFrom(...acts), (happened, act) => {
        const state = reached('available', happened)
        const next = serviceStateAfter(state, act)
        if (next.ok) expect(serviceStateAfter(next.value, act).ok).toBe(false)
      }),
    )
  })
})

describe('D-15 メールアドレス状態', () => {
  it('is what was last learned of the address', () => {
    const events: EmailEvent[] = ['proved', 'replaced', 'bounced']
    expect(events.map(emailStateAfter)).toEqual(['valid', 'unverified', 'undeliverable'])
  })
})
