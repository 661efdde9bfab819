import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { languages, readTexts } from '../../src/platform/i18n.ts'
import { knownReasons } from '../../src/reasons.ts'
import { filesUnder, parse, read, root, sourcesUnder } from './source.ts'
import { type AskedText, askedTexts, askedTextsOfView, hasText, refusalReasons } from './texts.ts'

const trees = languages.map(language => ({ language, tree: readTexts(join(root, 'locales'), language) }))
const program = sourcesUnder('src')

const missing = (asked: AskedText[]) =>
  asked.flatMap(text => {
    const lacking = trees.filter(({ tree }) => !hasText(tree, text)).map(({ language }) => language)
    return lacking.length > 0 ? [`${text.place} ${text.key}: not in ${lacking.join(', ')}`] : []
  })

describe('texts', () => {
  it('that the program asks for exist in both languages', () => {
    expect(missing(program.flatMap(askedTexts))).toEqual([])
  })

  it('that templates ask for exist in both languages', () => {
    const asked = filesUnder('views', '.eta').flatMap(path => askedTextsOfView(path, read(path)))
    expect(asked.length).toBeGreaterThan(0)
    expect(missing(asked)).toEqual([])
  })

  it('exist in both languages for each reason of a refusal (house rule 7)', () => {
    const shown = program.filter(({ path }) => /^src\/(features|policy|platform\/http)\//.test(path))
    const withStatus = knownReasons().map(code => ({
      key: `reasons.${code}`,
      open: false,
      place: 'src/reasons.ts',
    }))
    expect(missing([...shown.flatMap(refusalReasons), ...withStatus])).toEqual([])
  })

  it('spell a word in one way', () => {
    // お客様 as four of the five manuals and the header's label 「お客様名」 have it.
    const other = /ブラウザー|お客さま/
    const spelt = [...filesUnder('locales/ja', '.json'), ...filesUnder('src', '.ts')].filter(path =>
      other.test(read(path)),
    )
    expect(spelt).toEqual([])
  })

  it('are found in code and templates, with their places', () => {
    const code = "t('a.b'); request.t(`a.$" + "{x}`); it.translate('c')\nt(key)"
    expect(askedTexts(parse('src/a.ts', code))).toEqual([
      { key: 'a.b', open: false, place: 'src/a.ts:1' },
      { key: 'a.', open: true, place: 'src/a.ts:1' },
      { key: 'c', open: false, place: 'src/a.ts:1' },
    ])
    const view =
      "<p>t('no')</p>\n<% if (it.a) { %><%= t('a.b', { n: 1 }) %>\n<% } else { %><%~ include('/x', { y: t('c') }) %><% } %>"
    expect(askedTextsOfView('views/a.eta', view)).toEqual([
      { key: 'a.b', open: false, place: 'views/a.eta:2' },
      { key: 'c', open: false, place: 'views/a.eta:3' },
    ])
  })

  it('are missed when a language lacks them', () => {
    const tree = { a: { b: 'B', count_other: 'N' }, reasons: { 'user.locked': 'L', user: { gone: 'G' } } }
    expect(hasText(tree, { key: 'a.b', open: false })).toBe(true)
    expect(hasText(tree, { key: 'a.count', open: false })).toBe(true)
    expect(hasText(tree, { key: 'a.', open: true })).toBe(true)
    expect(hasText(tree, { key: 'a', open: false })).toBe(false)
    expect(hasText(tree, { key: 'a.c', open: false })).toBe(false)
    expect(hasText(tree, { key: 'a.x', open: true })).toBe(false)
    expect(hasText(tree, { key: 'reasons.user.l', open: true })).toBe(true)
    expect(hasText(tree, { key: 'reasons.user.x', open: true })).toBe(false)
    const code =
      "const r = a ? { ok: false, reason: 'user.locked' } : refuse(b ? 'user.gone' : 'x'); const s = { ok: true, reason: 'y' }"
    const reasons = refusalReasons(parse('src/features/a/a.ts', code))
    expect(reasons.map(reason => [reason.key, hasText(tree, reason)])).toEqual([
      ['reasons.user.locked', true],
      ['reasons.user.gone', true],
      ['reasons.x', false],
    ])
  })
})
