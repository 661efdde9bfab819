import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { presetNames, presetOf } from '../../../src/policy/policy.ts'
import { deviations, deviationsOf, markOf, rules } from '../../../src/policy/table.ts'

const root = join(import.meta.dirname, '..', '..', '..')

describe('the table of chapter A', () => {
  it('marks as ours what the manuals are silent on, and all of recommended', () => {
    expect(markOf('lock', 'shoko')).toBe('manual')
    expect(markOf('lock', 'omakase')).toBe('ours')
    expect(markOf('proof', 'omakase')).toBe('not-used')
    for (const rule of rules) expect(markOf(rule, 'recommended')).toBe('ours')
  })

  it('A-01 promises no proof to enrol but one that a page asks for: acquisition password, mailed code, or passkey', () => {
    const words = JSON.parse(readFileSync(join(root, 'locales/en/policies.json'), 'utf8'))
    const named = presetNames.flatMap(preset => presetOf(preset).certificate.proofs)
    const beside = named.map(proofs => proofs.filter(proof => proof !== 'login-password'))
    expect(beside.map(({ length }) => length)).toEqual(beside.map(() => 1))
    expect([...new Set(beside.flat())].sort()).toEqual(['acquisition-password', 'mail-code', 'passkey'])
    // A passkey stands in for the acquisition password, never for the login password, and in our preset alone.
    for (const preset of presetNames)
      expect(presetOf(preset).certificate.proofs.some(proofs => proofs.includes('passkey'))).toBe(
        preset === 'recommended',
      )
    expect(named.filter(proofs => proofs.includes('passkey'))).toEqual([['login-password', 'passkey']])
    expect(Object.keys(words.proofs).sort()).toEqual([...new Set(named.flat())].sort())
  })

  it('A-00 names no deviation of recommended, and each of the others in the decision record', () => {
    expect(deviationsOf('recommended')).toEqual([])
    const record = readFileSync(join(root, 'docs/decisions/0015-cells-below-asvs-level-2.md'), 'utf8')
    for (const { requirement } of deviations) expect(record).toContain(requirement)
  })

  it.each(['ja', 'en'])('A-00 has words for every rule, preset and deviation in %s', language => {
    const words = JSON.parse(readFileSync(join(root, `locales/${language}/policies.json`), 'utf8'))
    for (const rule of rules) expect(words.rules[rule], rule).toBeTypeOf('string')
    for (const preset of presetNames) expect(words.presets[preset], preset).toBeTypeOf('string')
    for (const { requirement } of deviations)
      expect(words.deviations[requirement.replaceAll('.', '-')], requirement).toBeTypeOf('string')
  })
})
