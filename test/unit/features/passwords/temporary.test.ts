import { describe, expect, it } from 'vitest'
import { makeTemporaryPassword } from '../../../../src/features/passwords/index.ts'
import { checkNewPassword } from '../../../../src/policy/password-rules.ts'
import { presetNames, presetOf } from '../../../../src/policy/policy.ts'

const owner = { loginId: 'tanaka01', name: '田中　花子', ownWords: ['株式会社山田商店'] }
const now = new Date('2026-03-01T14:59:59.000Z') // 23:59:59 on 1 March in Japan

describe('a password that the portal makes', () => {
  for (const preset of presetNames)
    it(`D-03, H-03 keeps the rule of ${preset}, without a character that looks like another`, () => {
      const rule = presetOf(preset).loginPassword
      const made = Array.from({ length: 200 }, () => makeTemporaryPassword(rule, owner, now).password)
      for (const password of made) {
        expect(checkNewPassword(rule, password, owner)).toMatchObject({ ok: true })
        expect(password).not.toMatch(/[0OoIl1|'"`]/)
      }
      expect(new Set(made).size).toBe(made.length)
    })

  it('D-03 ends with the seventh day after the one on which it was made, whatever the hour', () => {
    const rule = presetOf('recommended').loginPassword
    const until = (made: string) => makeTemporaryPassword(rule, owner, new Date(made)).until.toISOString()
    expect(until('2026-03-01T14:59:59.000Z')).toBe('2026-03-08T15:00:00.000Z')
    expect(until('2026-03-01T15:00:00.000Z')).toBe('2026-03-09T15:00:00.000Z')
  })
})
