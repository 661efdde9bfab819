import type { TextTree } from '../../src/platform/i18n.ts'
import {
  literalText,
  nameOf,
  nodeAt,
  nodesOf,
  parse,
  placeOf,
  type Source,
  type SyntaxNode,
} from './source.ts'

/** A text asked for: a whole key, or, when `open`, the beginning of one that is put together at run time. */
export type AskedText = { key: string; open: boolean; place: string }

/** Keys given to `t('…')` and `translate('…')`, under whatever owner. */
export const askedTexts = (source: Source): AskedText[] =>
  [...nodesOf(source.tree)].flatMap(node => {
    if (node.type !== 'CallExpression') return []
    const callee = nodeAt(node, 'callee')
    const named = callee?.type === 'MemberExpression' ? nodeAt(callee, 'property') : callee
    if (named?.name !== 't' && named?.name !== 'translate') return []
    const [first] = node.arguments as unknown[]
    const literal = literalText(first)
    return literal === undefined || literal.text === ''
      ? []
      : [{ key: literal.text, open: literal.open, place: placeOf(source, node) }]
  })

/** The same in a template. Its tags become one program; what stands between them only keeps the lines. */
export const askedTextsOfView = (path: string, text: string): AskedText[] => {
  const lines = (part: string) => part.replace(/[^\n]/g, '')
  let code = ''
  let at = 0
  for (const tag of text.matchAll(/<%([-_]?)([=~#]?)([\s\S]*?)[-_]?%>/g)) {
    const [whole, , kind, inner = ''] = tag
    code += lines(text.slice(at, tag.index))
    code += kind === '#' ? lines(inner) : kind === '' ? `${inner};` : `;(${inner});`
    at = tag.index + whole.length
  }
  return askedTexts(parse(path, code))
}

/** The literals an expression can become: both arms of a condition, else itself. */
const literalsOf = (node: unknown): { text: string; open: boolean }[] => {
  const { type, consequent, alternate } = (node ?? {}) as Record<string, unknown>
  if (type === 'ConditionalExpression') return [...literalsOf(consequent), ...literalsOf(alternate)]
  const literal = literalText(node)
  return literal === undefined ? [] : [literal]
}

type Property = { key?: { name?: string }; value?: { value?: unknown } }

const reasonIn = (node: SyntaxNode): unknown => {
  if (node.type === 'CallExpression' && nameOf(nodeAt(node, 'callee')) === 'refuse')
    return (node.arguments as unknown[])[0]
  if (node.type !== 'ObjectExpression') return undefined
  const given = (name: string) =>
    (node.properties as Property[]).find(property => property.key?.name === name)?.value
  return given('ok')?.value === false ? given('reason') : undefined
}

/** The reasons that a program refuses with: `{ ok: false, reason: '…' }` and `refuse('…')`. */
export const refusalReasons = (source: Source): AskedText[] =>
  [...nodesOf(source.tree)].flatMap(node =>
    literalsOf(reasonIn(node)).map(({ text, open }) => ({
      key: `reasons.${text}`,
      open,
      place: placeOf(source, node),
    })),
  )

const at = (tree: TextTree, path: string[]): string | TextTree | undefined =>
  path.reduce<string | TextTree | undefined>(
    (part, key) => (typeof part === 'object' ? part[key] : undefined),
    tree,
  )

/** Whether a language has the text, as it is or in its plural forms; of an open key, whether any begins so. */
export const hasText = (tree: TextTree, { key, open }: { key: string; open: boolean }): boolean => {
  // Reason codes hold dots of their own: a file may write `reasons` flat or nested.
  const { reasons } = tree
  const code = key.replace(/^reasons\./, '')
  const flat = code !== key && typeof reasons === 'object' ? Object.keys(reasons) : []
  if (flat.some(name => (open ? name.startsWith(code) : name === code))) return true
  const path = key.split('.')
  const last = path.pop() ?? ''
  const parent = at(tree, path)
  if (typeof parent !== 'object') return false
  if (open) return Object.keys(parent).some(name => name.startsWith(last))
  return [last, `${last}_one`, `${last}_other`].some(name => typeof at(parent, [name]) === 'string')
}
