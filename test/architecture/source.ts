import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { parseAst } from 'vitest/node'

export const root = join(import.meta.dirname, '..', '..')

/** A node of the syntax tree, as ESTree has it. */
export type SyntaxNode = { type: string; start: number; [key: string]: unknown }

/** A TypeScript file; `path` is relative to the root of the tree, with slashes. */
export type Source = { path: string; text: string; tree: SyntaxNode }

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'

/** Narrows what hangs on a node: `undefined` unless it is a node, of the given type where one is named. */
export const nodeAt = (node: SyntaxNode, key: string, type?: string): SyntaxNode | undefined => {
  const value = node[key]
  return isNode(value) && (type === undefined || value.type === type) ? value : undefined
}

/** All nodes below and including the given one. */
export function* nodesOf(node: SyntaxNode): Generator<SyntaxNode> {
  yield node
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* nodesOf(child)
}

/** `a.b.c` of a chain of plain names; `undefined` where something else takes part. */
export const nameOf = (node: SyntaxNode | undefined): string | undefined => {
  if (node?.type === 'Identifier') return String(node.name)
  if (node?.type !== 'MemberExpression' || node.computed === true) return undefined
  const [owner, member] = [nameOf(nodeAt(node, 'object')), nodeAt(node, 'property')?.name]
  return owner === undefined ? undefined : `${owner}.${String(member)}`
}

/** The text of a literal, or the part of a template before its first `${` with `open` set. */
export const literalText = (node: unknown): { text: string; open: boolean } | undefined => {
  if (!isNode(node)) return undefined
  if (node.type === 'Literal' && typeof node.value === 'string') return { text: node.value, open: false }
  if (node.type !== 'TemplateLiteral') return undefined
  const [first, ...more] = node.quasis as { value: { cooked: string } }[]
  return { text: first?.value.cooked ?? '', open: more.length > 0 }
}

export const parse = (path: string, text: string): Source => ({
  path,
  text,
  tree: parseAst(text, { lang: 'ts' }) as unknown as SyntaxNode,
})

/** `path:line`, as editors take it. */
export const placeOf = ({ path, text }: Source, node: SyntaxNode): string =>
  `${path}:${text.slice(0, node.start).split('\n').length}`

/** Files under a folder of the tree with one of the endings; generated ones and outputs left out. */
export const filesUnder = (folder: string, ...endings: string[]): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && endings.some(ending => entry.name.endsWith(ending)))
    .map(entry => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter(path => !path.startsWith('src/generated/') && !path.startsWith('test/output/'))
    .sort()

export const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** All TypeScript files under a folder, parsed. */
export const sourcesUnder = (folder: string): Source[] =>
  filesUnder(folder, '.ts').map(path => parse(path, read(path)))

/** Something taken from elsewhere: a package as written, an own file as its path from the root. */
export type Import = { target: string; typeOnly: boolean; place: string }

/** What a file imports, or exports from elsewhere. */
export const importsOf = (source: Source): Import[] =>
  [...nodesOf(source.tree)].flatMap(node => {
    const takes = /^(Import(Declaration|Expression)|Export(All|Named)Declaration)$/.test(node.type)
    const written = takes ? literalText(node.source)?.text : undefined
    if (written === undefined) return []
    const target = written.startsWith('.') ? posix.join(dirname(source.path), written) : written
    const typeOnly = node.importKind === 'type' || node.exportKind === 'type'
    return [{ target, typeOnly, place: placeOf(source, node) }]
  })
