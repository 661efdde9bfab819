import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { compile, SassColor, type SassString, type Value } from 'sass'

const root = join(import.meta.dirname, '..')
const target = join(root, 'public/build')
const require = createRequire(import.meta.url)
const packageFolder = (name: string): string => dirname(require.resolve(`${name}/package.json`))

/** Folders and files, absolute, that the built files depend on beside this script and the lock file. */
export const styleInputs: readonly string[] = [join(root, 'styles')]

type TokenTree = { $value?: string; [name: string]: TokenTree | unknown }

/** `dads('Primitive.Blue.900')` in the style sheets: a colour of the Digital Agency's design tokens. */
const colourToken = (tokens: TokenTree, path: string): SassColor => {
  const found = `Color.${path}`
    .split('.')
    .reduce<TokenTree | undefined>((tree, name) => tree?.[name] as TokenTree | undefined, tokens)
  const hex = /^#(..)(..)(..)$/.exec(found?.$value ?? '')
  if (!hex) throw new Error(`The design tokens have no colour ${path}`)
  const [red = 0, green = 0, blue = 0] = hex.slice(1).map(pair => Number.parseInt(pair, 16))
  return new SassColor({ red, green, blue, space: 'rgb' })
}

/** A file below `public/build/` and its content. */
type Built = [name: string, content: string | Buffer]

/** A file beside its compressed forms, which the server sends to browsers that take them. */
const withCompressed = (name: string, content: string): Built[] => [
  [name, content],
  [`${name}.br`, brotliCompressSync(content)],
  [`${name}.gz`, gzipSync(content, { level: 9 })],
]

const buildStyleSheet = (): Built[] => {
  const tokens = require('@digital-go-jp/design-tokens') as TokenTree
  const { css } = compile(join(root, 'styles/main.scss'), {
    style: 'compressed',
    loadPaths: [join(root, 'node_modules')],
    quietDeps: true,
    functions: {
      'dads($path)': ([path]: Value[]) => colourToken(tokens, (path as SassString).assertString('path').text),
    },
  })
  return withCompressed('main.css', css)
}

/**
 * Noto Sans JP in the subsets that its makers cut by how often characters occur together: a browser fetches those
 * it needs. The hash in the name is of the content, so that they may be kept for ever (`/assets/fonts/`).
 */
const buildFonts = (): Built[] => {
  const source = packageFolder('@fontsource-variable/noto-sans-jp')
  const fonts: Built[] = []
  const css = readFileSync(join(source, 'index.css'), 'utf8')
    .replace(/url\(\.\/files\/([^)]+)\)/g, (_all, file: string) => {
      const content = readFileSync(join(source, 'files', file))
      const hash = createHash('sha256').update(content).digest('hex').slice(0, 10)
      const name = `${basename(file, '.woff2')}-${hash}.woff2`
      fonts.push([`fonts/${name}`, content])
      return `url(/assets/fonts/${name})`
    })
    .replaceAll("'Noto Sans JP Variable'", "'Noto Sans JP'")
    .replace(/\/\*.*?\*\/|\n\s*/gs, '')
  return [...fonts, ...withCompressed('fonts.css', css)]
}

/** The one browser module of govuk-frontend: summary of errors, password toggle, skip link. */
const buildBrowserModule = (): Built[] => {
  const module = readFileSync(
    join(packageFolder('govuk-frontend'), 'dist/govuk/govuk-frontend.min.js'),
    'utf8',
  )
  return withCompressed('govuk-frontend.js', module.replace(/\n\/\/# sourceMappingURL=.*/, ''))
}

/** The software keyboard (B-11) and the browser's side of passkeys (B-19), as modules of our own origin. */
const buildKeyboardAndPasskeys = (): Built[] => {
  const modules = join(root, 'node_modules')
  const keyboard = readFileSync(join(modules, 'simple-keyboard/build/index.modern.esm.js'), 'utf8')
  const passkeys = readFileSync(join(modules, '@simplewebauthn/browser/dist/bundle/index.umd.min.js'), 'utf8')
  return [
    ...withCompressed('simple-keyboard.js', keyboard.replace(/\n\/\/# sourceMappingURL=.*/, '')),
    // The package's one file sets a global where there is no module loader: handed on as what a module exports.
    ...withCompressed(
      'simplewebauthn.js',
      `${passkeys}\nexport const { startRegistration, startAuthentication, browserSupportsWebAuthn } = globalThis.SimpleWebAuthnBrowser\n`,
    ),
  ]
}

/**
 * Builds `public/build/` from `styles/` and the packages: main.css, fonts.css with fonts/, and the browser modules of packages, each
 * with .br and .gz beside it. Takes about a second. What is no longer made is removed at the end, not at the
 * beginning: a program that serves the folder meanwhile misses nothing.
 */
export const buildStyles = async (): Promise<void> => {
  const built = [
    ...buildStyleSheet(),
    ...buildFonts(),
    ...buildBrowserModule(),
    ...buildKeyboardAndPasskeys(),
  ]
  mkdirSync(join(target, 'fonts'), { recursive: true })
  for (const [name, content] of built) writeFileSync(join(target, name), content)
  const kept = new Set(built.map(([name]) => name))
  for (const entry of readdirSync(target, { recursive: true, withFileTypes: true })) {
    const name = relative(target, join(entry.parentPath, entry.name))
    if (entry.isFile() && !entry.name.startsWith('.') && !kept.has(name)) rmSync(join(target, name))
  }
}
