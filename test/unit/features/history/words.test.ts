import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import type { HistoryEntry } from '../../../../src/features/history/queries.ts'
import {
  detailRows,
  operationWords,
  outcomeWords,
  subjectWords,
} from '../../../../src/features/history/words.ts'
import { knownDetails, knownOperations } from '../../../../src/platform/audit/audit.ts'
import {
  createTranslations,
  languages,
  readTexts,
  recordedReason,
  type TextTree,
} from '../../../../src/platform/i18n.ts'
import { type Reader, readerOf } from '../../../../src/platform/reader.ts'

const root = join(import.meta.dirname, '../../../..')

/** Every file that defines an event: the pages must have words for all of them. */
const definers = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts') && !file.startsWith('generated'))
  .map(file => join(root, 'src', file))
  .filter(file => /\bdefineEvent\(/.test(readFileSync(file, 'utf8')))

const missing: string[] = []
const translations = createTranslations({
  root: join(root, 'locales'),
  onMissingKey: (language, key) => missing.push(`${language} ${key}`),
})

beforeAll(async () => {
  for (const file of definers) await import(pathToFileURL(file).href)
})

describe('F-02 what the history tells is told in words', () => {
  it('has words for every operation, every detail and every fixed word of a detail, in both languages', () => {
    missing.length = 0
    expect(knownOperations()).toContain('login.succeeded')
    for (const language of languages) {
      const t = translations(language)
      for (const operation of knownOperations()) t(`operations.${operation}`)
      for (const [name, words] of knownDetails()) {
        t(`history.details.${name}`)
        for (const word of words) t(`history.values.${name}.${word}`)
      }
    }
    expect(missing).toEqual([])
  })

  it('F-01 lets what an earlier or a later program recorded stand for itself, and fails at none of it', () => {
    missing.length = 0
    const entry = {
      operation: 'long.gone',
      reason: 'long.gone',
      subjectKind: 'gone',
      subjectLabel: null,
      outcome: 'refused',
    } as HistoryEntry
    const details = {
      wizard: 'user.register',
      mail: 'long.gone',
      // A branch of the words is none of them.
      searchedOperation: 'login',
      locale: 'xx',
      service: 'gone',
      services: ['gone'],
      permissions: ['gone.view'],
      targetPresets: ['gone'],
    }
    for (const language of languages) {
      const gone: Reader = readerOf({ t: translations(language), language })
      expect(operationWords(gone, entry.operation)).toBe('long.gone')
      expect(subjectWords(gone, entry)).toBe('gone')
      expect(outcomeWords(gone, entry).reason).toBe('long.gone')
      const values = detailRows(gone, details).map(({ value }) => value.join().replace('：', ': '))
      expect(values.slice(1)).toEqual(['long.gone', 'login', 'xx', 'gone', 'gone', 'gone: gone.view', 'gone'])
    }
    expect(missing).toEqual([])
  })

  it('tells a reason without what it named, never with a placeholder', () => {
    const texts: string[] = []
    for (const language of languages) {
      const t = translations(language)
      const leaves = (tree: TextTree | string, path: string): string[] =>
        typeof tree === 'string'
          ? [path]
          : Object.entries(tree).flatMap(([key, of]) => leaves(of, `${path}.${key}`))
      const reasons = readTexts(join(root, 'locales'), language).reasons ?? {}
      for (const path of leaves(reasons, '').filter(each => !/_(one|other)$/.test(each)))
        texts.push(recordedReason(t, path.slice(1)))
    }
    expect(texts.filter(text => /[{}]/.test(text))).toEqual([])
    expect(texts.some(text => text.includes('続けて…回誤ると'))).toBe(true)
  })

  const reader: Reader = readerOf({ t: key => key.replace('history.', ''), language: 'ja' })

  it('lays before and after side by side, marking only what has changed', () => {
    expect(
      detailRows(reader, {
        before: { Name: '旧', Accounts: ['1', '2'], Gone: 'x' },
        after: { Name: '新', Accounts: ['1', '2'], Came: true },
      }),
    ).toEqual([
      { label: 'Name', value: ['新'], old: ['旧'] },
      { label: 'Accounts', value: ['1', '2'] },
      { label: 'Gone', value: [], old: ['x'] },
      { label: 'Came', value: ['yes'], old: [] },
    ])
  })

  it('shows times in JST, trees by their path, and never raw JSON', () => {
    expect(
      detailRows(reader, {
        At: '2026-11-20T15:00:00.000Z',
        On: '2026-11-20',
        Tree: { Leaf: 3 },
        List: [{ A: 'b' }],
      }),
    ).toEqual([
      { label: 'At', value: ['2026年11月21日 00時00分00秒'] },
      { label: 'On', value: ['2026年11月20日'] },
      { label: 'TreelabelSeparatorLeaf', value: ['3'] },
      { label: 'List', value: ['fact'] },
    ])
  })

  it('shows a new thing without marking all of it as changed', () => {
    expect(detailRows(reader, { after: { Name: '新' } })).toEqual([{ label: 'Name', value: ['新'] }])
  })
})
