import { expect, it } from 'vitest'
import { needOf } from '../../../../src/features/users/mails.ts'
import { presetOf } from '../../../../src/policy/policy.ts'

it.each([
  ['shoko', 'user', 'certificate'],
  ['rokin', 'user', 'registration'],
  ['rokin', 'administrator', 'masterRegistration'],
  ['sevenbank', 'user', 'passwords'],
  ['prosrv', 'user', 'certificate'],
  ['omakase', 'administrator', 'passwords'],
  ['recommended', 'user', 'certificate'],
] as const)('B-16 H-05 %s: a new %s is told of %s', (preset, role, need) => {
  expect(needOf(presetOf(preset), role)).toBe(need)
})
