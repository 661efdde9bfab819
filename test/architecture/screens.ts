import { literalText, nodeAt, nodesOf, placeOf, type Source, type SyntaxNode } from './source.ts'

/** A screen ID as the corner of a page says it: `BRSK006`, `HD0041`. */
const screenId = /^(?!RS256$)[A-Z]{2,4}\d{3,5}$/

const property = (node: SyntaxNode, name: string): string | undefined => {
  if (node.type !== 'ObjectExpression') return undefined
  const properties = Array.isArray(node.properties) ? (node.properties as SyntaxNode[]) : []
  const found = properties.find(each => nodeAt(each, 'key', 'Identifier')?.name === name)
  return literalText(found && nodeAt(found, 'value'))?.text
}

/** Which view a node shows under which ID: `{ screen, view }` of a wizard, or `page('view', { screen })`. */
const shownBy = (node: SyntaxNode): { screen: string; view: string } | undefined => {
  const call = node.type === 'CallExpression' && Array.isArray(node.arguments) ? node.arguments : []
  const given = call.find(
    (each: SyntaxNode) => each.type === 'ObjectExpression' && property(each, 'screen') !== undefined,
  )
  const view = given ? literalText(call[call.indexOf(given) - 1])?.text : property(node, 'view')
  const screen = property(given ?? node, 'screen')
  return screen === undefined || view === undefined ? undefined : { screen, view }
}

/** The feature a file belongs to, or its folder where it belongs to none. */
const ownerOf = (path: string): string => /^src\/(features\/[^/]+|[^/]+)/.exec(path)?.[0] ?? path

/**
 * Screen IDs that would not say on the telephone which page a customer looks at (H-07): one that shows two views, and one
 * that two features have. `borrowed`: IDs of pages that another feature answers with too.
 */
export const sharedScreens = (sources: readonly Source[], borrowed: readonly string[] = []): string[] => {
  const views = new Map<string, Map<string, string>>()
  const owners = new Map<string, Map<string, string>>()
  const keep = (of: typeof views, id: string, what: string, place: string) =>
    of.set(id, new Map([[what, place], ...(of.get(id) ?? [])]))
  for (const source of sources)
    for (const node of nodesOf(source.tree)) {
      const shown = shownBy(node)
      if (shown) keep(views, shown.screen, shown.view, placeOf(source, node))
      const id = literalText(node)?.text ?? ''
      if (screenId.test(id)) keep(owners, id, ownerOf(source.path), placeOf(source, node))
    }
  return [...views, ...[...owners].filter(([id]) => !borrowed.includes(id))].flatMap(([id, uses]) =>
    uses.size > 1 ? [`${id}: ${[...uses].map(([what, place]) => `${what} (${place})`).join(', ')}`] : [],
  )
}
