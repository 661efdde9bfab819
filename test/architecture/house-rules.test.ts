import { describe, expect, it } from 'vitest'
import {
  ambientRefusals,
  catchAllNames,
  passedOverTests,
  silencedChecks,
  testBranchRefusals,
} from './house-rules.ts'
import { filesUnder, parse, sourcesUnder } from './source.ts'

const program = sourcesUnder('src')
const tests = sourcesUnder('test')
const feature = (text: string) => parse('src/features/users/commands.ts', text)

describe('time, ids, chance and environment', () => {
  it('come from deps', () => {
    expect(program.flatMap(ambientRefusals)).toEqual([])
  })

  it.each([
    'const now = new Date()',
    'const now = Date.now()',
    'const now = Date()',
    'const die = Math.random()',
    'const id = randomUUID()',
    'const id = crypto.randomUUID()',
    'const salt = randomBytes(16)',
    "const mode = process.env['NODE_ENV']",
    'const { LOG_LEVEL } = process.env',
  ])('are found in a feature: %s', text => {
    expect(ambientRefusals(feature(text))).toHaveLength(1)
  })

  it('are not confused with a date that is given, and are allowed in platform', () => {
    expect(ambientRefusals(feature('const end = new Date(start.getTime() + 1)'))).toEqual([])
    expect(ambientRefusals(parse('src/platform/random.ts', 'randomBytes(16); new Date()'))).toEqual([])
    expect(ambientRefusals(parse('src/platform/random.ts', 'process.env.PATH'))).toHaveLength(1)
  })
})

describe('the program', () => {
  it('has no branch for tests', () => {
    expect(program.flatMap(testBranchRefusals)).toEqual([])
    expect(testBranchRefusals(feature("if (mode.NODE_ENV === 'test') skip()"))).toHaveLength(1)
    expect(testBranchRefusals(feature('if (given.VITEST) skip()'))).toHaveLength(1)
  })

  it('has no file named after nothing', () => {
    expect(catchAllNames(['src', 'test', 'scripts'].flatMap(folder => filesUnder(folder, '.ts')))).toEqual([])
    expect(
      catchAllNames(['src/utils.ts', 'src/features/users/types.ts', 'src/kernel/money.ts']),
    ).toHaveLength(2)
  })

  it('silences no check', () => {
    expect([...program, ...tests].flatMap(silencedChecks)).toEqual([])
    expect(silencedChecks(feature('const loose: any = 1'))).toHaveLength(1)
    expect(silencedChecks(feature(`// @ts-${'ignore'}\nconst loose = 1`))).toHaveLength(1)
  })
})

describe('tests', () => {
  it('are all run', () => {
    expect(tests.flatMap(passedOverTests)).toEqual([])
  })

  it.each([
    'it.only',
    'test.skip',
    'describe.skip',
    'test.describe.only',
    'it.todo',
    'it.skipIf',
    'test.fixme',
  ])('that are passed over by %s are found', call => {
    expect(passedOverTests(parse('test/unit/a.test.ts', `${call}('C-01', () => {})`))).toHaveLength(1)
  })
})
