import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createTranslations, languages, readTexts, type TextTree } from '../../../src/platform/i18n.ts'

const root = join(import.meta.dirname, '../../..')
const locales = join(root, 'locales')

const flatten = (tree: TextTree, prefix = ''): [string, string][] =>
  Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[prefix + key, value]] : flatten(value, `${prefix}${key}.`),
  )

// Japanese has one plural form, English two: `title_other` and `title_one` are one text here.
const withoutPlural = (key: string): string => key.replace(/_(one|other)$/, '')
const placeholders = (text: string): string[] =>
  [...text.matchAll(/\{\{\s*(\w+)/g)].map(([, name]) => name ?? '')

const texts = Object.fromEntries(languages.map(each => [each, flatten(readTexts(locales, each))]))
const ja = texts.ja ?? []
const en = texts.en ?? []

const filesUnder = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith(ending) && !name.startsWith('generated'))
    .map(name => join(root, folder, name))

describe('the texts', () => {
  it('I-01 have the same keys in both languages, reasons among them', () => {
    const keysOf = (entries: [string, string][]) => [
      ...new Set(entries.map(([key]) => withoutPlural(key)).sort()),
    ]
    expect(keysOf(en)).toEqual(keysOf(ja))
  })

  it('I-01 are never empty', () => {
    expect([...ja, ...en].filter(([, text]) => text.trim() === '')).toEqual([])
  })

  it('I-01 take the same placeholders in both languages', () => {
    const english = new Map<string, string[]>()
    for (const [key, text] of en) english.set(withoutPlural(key), placeholders(text).sort())
    const different = ja
      .filter(([key, text]) => `${english.get(withoutPlural(key))}` !== `${placeholders(text).sort()}`)
      .map(([key]) => key)
    expect(different).toEqual([])
  })

  it('I-01 exist for every key that a template or a route names', () => {
    const known = new Set(ja.map(([key]) => withoutPlural(key)))
    const missing = [...filesUnder('views', '.eta'), ...filesUnder('src', '.ts')].flatMap(file =>
      [...readFileSync(file, 'utf8').matchAll(/(?<![\w.])(?:\w+\.)?t\('([A-Za-z][\w.]*)'[,)]/g)]
        .map(([, key]) => key ?? '')
        .filter(key => !known.has(key))
        .map(key => `${file.slice(root.length + 1)}: ${key}`),
    )
    expect(missing).toEqual([])
  })
})

describe('createTranslations', () => {
  const folder = mkdtempSync(join(tmpdir(), 'texts-'))
  for (const language of languages) mkdirSync(join(folder, language))
  const write = (language: string, file: string, tree: TextTree) =>
    writeFileSync(join(folder, language, file), JSON.stringify(tree))
  write('ja', 'users.json', {
    title: '{{name}}さん',
    id: '{{name}}さんのログインID',
    count_other: '{{count}}件',
    reasons: { user: { locked: 'ロック中です。' } },
  })
  write('ja', 'preset-words.json', { usual: { loginId: 'ログインID' }, rokin: { loginId: 'ユーザーID' } })
  write('en', 'users.json', { count_one: '{{count}} user', count_other: '{{count}} users' })
  afterAll(() => rmSync(folder, { recursive: true }))

  const missing: string[] = []
  const translations = createTranslations({
    root: folder,
    onMissingKey: (language, key) => missing.push(`${language} ${key}`),
  })

  it('fills in what the text asks for, without escaping it twice', () => {
    expect(translations('ja')('users.title', { name: '<山田>' })).toBe('<山田>さん')
  })

  it('chooses the plural form of the language', () => {
    expect(translations('en')('users.count', { count: 1 })).toBe('1 user')
    expect(translations('en')('users.count', { count: 2 })).toBe('2 users')
    expect(translations('ja')('users.count', { count: 1 })).toBe('1件')
  })

  it('B-00 says what a preset’s manual calls otherwise in its words, and leaves alone what is filled in', () => {
    const said = (preset?: string) => translations('ja', preset)('users.id', { name: 'ログインID' })
    expect(said('rokin')).toBe('ログインIDさんのユーザーID')
    expect(said()).toBe('ログインIDさんのログインID')
    expect(said('shoko')).toBe(said())
    expect(translations('en', 'rokin')('users.count', { count: 1 })).toBe('1 user')
  })

  it('gathers the reasons of all files in one tree', () => {
    expect(translations('ja')('reasons.user.locked')).toBe('ロック中です。')
  })

  it('reports a missing key and shows the key, never the other language', () => {
    expect(translations('en')('users.title')).toBe('users.title')
    expect(missing).toEqual(['en users.title'])
  })
})
