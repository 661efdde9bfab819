import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import i18next from 'i18next'

/** The languages of the portal; Japanese is the one that counts (I-01). */
export const languages = ['ja', 'en'] as const
export type Language = (typeof languages)[number]
export const defaultLanguage: Language = 'ja'

export const isLanguage = (value: unknown): value is Language => languages.some(each => each === value)

/**
 * Text for a key such as `users.basic.loginId.label`: the file's name, then the path inside it.
 * `{{name}}` in the text takes `params.name`; `count` picks English plurals (`_one`, `_other`).
 * The text comes unescaped: templates escape it.
 *
 * `otherwise` stands for a text that there is not. Give it where the key holds what was once recorded: what an earlier
 * program wrote down must stay readable, and no single entry may keep a reader from all the others (F-01).
 */
export type Translate = (key: string, params?: Record<string, string | number>, otherwise?: string) => string

/**
 * The words of a reason that was recorded: what they named then, such as a number of minutes, is not kept with it, and stands
 * as 「…」.
 */
export const recordedReason = (t: Translate, reason: string): string =>
  t(`reasons.${reason}`, undefined, reason).replaceAll(/\{\{-? ?\w+ ?\}\}/g, '…')

/**
 * The words of a mistake. `at` is the key of its field's label, where another field of the page may make the same one: each
 * then says which it is, in the summary too (I-03).
 */
export const mistakeWords = (
  t: Translate,
  { reason, params, at }: { reason: string; params?: Parameters<Translate>[1]; at?: string },
): string => {
  const message = t(`reasons.${reason}`, params)
  return at === undefined ? message : t('common.mistakeAt', { field: t(at), message })
}

export type TextTree = { [key: string]: string | TextTree }

const mergeInto = (target: TextTree, addition: TextTree, where: string): void => {
  for (const [key, value] of Object.entries(addition)) {
    const present = target[key]
    if (present === undefined) target[key] = value
    else if (typeof present === 'object' && typeof value === 'object')
      mergeInto(present, value, `${where}.${key}`)
    else throw new Error(`Text ${where}.${key} is written twice`)
  }
}

/**
 * Reads `locales/<language>/*.json` into one tree: `<file>.<path>`. A file may hold a part named `reasons`;
 * those of all files are merged into one tree `reasons.<code>`, so that each feature keeps its own refusals.
 */
export const readTexts = (root: string, language: Language): TextTree => {
  const folder = join(root, language)
  const tree: TextTree = { reasons: {} }
  for (const file of readdirSync(folder).filter(name => name.endsWith('.json'))) {
    const { reasons, ...texts } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as TextTree
    mergeInto(tree, { [file.slice(0, -'.json'.length)]: texts }, language)
    if (typeof reasons === 'object') mergeInto(tree, { reasons }, language)
  }
  return tree
}

/** A text with its `{{name}}` filled in; one that was not given stays to be seen. */
const filledIn = (text: string, params: Parameters<Translate>[1]): string =>
  params === undefined
    ? text
    : text.replace(/\{\{(\w+)\}\}/g, (name, key: string) => String(params[key] ?? name))

/** Texts of a language, in the words of a preset's manual where one is named: what the bank's own people read has none. */
export type Translations = (language: Language, preset?: string) => Translate

/** From the usual word to a preset's, in texts before anything is filled in: what people have typed stays as it is. */
type Rewording = readonly (readonly [from: string, to: string])[]

/**
 * `preset-words.json`: what a manual calls otherwise than the others, under its preset's name, as ユーザーID [R] is ログインID [7].
 * One set of texts serves them all.
 */
const rewordings = (tree: TextTree): Map<string, Rewording> => {
  const { usual = {}, ...presets } = (tree['preset-words'] ?? {}) as Record<string, Record<string, string>>
  return new Map(
    Object.entries(presets).map(([preset, words]) => [
      preset,
      Object.entries(words).map(([word, text]) => [usual[word] ?? text, text] as const),
    ]),
  )
}

/**
 * Gives a `translate(language, preset?)` whose functions answer at once.
 * @param options.root folder that holds `ja/` and `en/`
 * @param options.onMissingKey called for a key that has no text; the key itself is then shown. Throw in it
 *   wherever a missing text is a mistake to be seen (everywhere but in production).
 */
export const createTranslations = (options: {
  root: string
  onMissingKey: (language: Language, key: string) => void
}): Translations => {
  const trees = new Map(languages.map(language => [language, readTexts(options.root, language)]))
  const engine = i18next.createInstance()
  void engine.init({
    initAsync: false,
    lng: defaultLanguage,
    fallbackLng: false,
    resources: Object.fromEntries([...trees].map(([language, translation]) => [language, { translation }])),
    nsSeparator: false,
    returnNull: false,
    // A key that ends at a branch is no text: given back as it is, it is missed like any other.
    returnObjects: true,
    interpolation: { escapeValue: false },
  })
  const translatorOf = (language: Language, rewording: Rewording): Translate => {
    const fixed = engine.getFixedT(language)
    // Every page asks for dozens of texts: each is looked up once, and each form of what is counted.
    const known = new Map<string, string>()
    const plurals = new Intl.PluralRules(language)
    return (key, params, otherwise) => {
      const count = params?.count
      const form = typeof count === 'number' ? `${key} ${plurals.select(count)}` : key
      const before = known.get(form)
      if (before !== undefined) return filledIn(before, params)
      const found = fixed(key, { ...params, skipInterpolation: true })
      if (typeof found !== 'string' || found === key) {
        if (otherwise !== undefined) return otherwise
        options.onMissingKey(language, key)
        return key
      }
      const text = rewording.reduce((words, [from, to]) => words.replaceAll(from, to), found)
      known.set(form, text)
      return filledIn(text, params)
    }
  }
  const usual = new Map(languages.map(language => [language, translatorOf(language, [])]))
  const ofPresets = new Map(
    [...trees].flatMap(([language, tree]) =>
      [...rewordings(tree)].map(
        ([preset, rewording]) => [`${language} ${preset}`, translatorOf(language, rewording)] as const,
      ),
    ),
  )
  return (language, preset) => (ofPresets.get(`${language} ${preset}`) ?? usual.get(language)) as Translate
}
