import { it } from 'vitest'
import type { PresetName } from '../../src/policy/policy.ts'
import type { Rule } from '../../src/policy/table.ts'

/** Whom a claim is about: these presets, or all of them where one code path serves them and one preset shows it. */
export type Whose = PresetName | readonly PresetName[] | 'every preset'

const named = (whose: Whose): string => (whose === 'every preset' ? whose : [whose].flat().join(', '))

type Proof = () => Promise<void>

/** Proves a cell of chapter A's table through HTTP: `cell('lock', 'rokin', 'six failures lock for …', …)`. */
export const cell = (rule: Rule, whose: Whose, claim: string, proof: Proof): void =>
  it(`A-01/${rule} [${named(whose)}] ${claim}`, proof)

/** Proves an item of the requirements through HTTP: `item('B-03', 'every preset', 'each login has a host', …)`. */
export const item = (id: `${'A' | 'B'}-${number}`, whose: Whose, claim: string, proof: Proof): void =>
  it(`${id} [${named(whose)}] ${claim}`, proof)
