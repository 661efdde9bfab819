import { nameOf, nodeAt, nodesOf, placeOf, type Source, type SyntaxNode } from './source.ts'

/** Chance by whatever name it is imported. */
const chance = /^(.*\.)?(randomUUID|randomBytes|randomInt|randomFill|randomFillSync|getRandomValues)$/

/** What a node takes from the world, if anything (house rule 6). */
const ambientName = (node: SyntaxNode): string | undefined => {
  const name = nameOf(node)
  if (name === 'process.env') return name
  if (node.type === 'NewExpression' && nameOf(nodeAt(node, 'callee')) === 'Date')
    return Array.isArray(node.arguments) && node.arguments.length === 0 ? 'new Date()' : undefined
  if (node.type !== 'CallExpression') return undefined
  const called = nameOf(nodeAt(node, 'callee'))
  if (called === undefined) return undefined
  return called === 'Date' || called === 'Date.now' || called === 'Math.random' || chance.test(called)
    ? `${called}()`
    : undefined
}

/** The environment is read in one place; the embedded server's own PATH is handed on to its child. */
const mayReadEnvironment = /^src\/(main|platform\/settings|platform\/db\/cluster)\.ts$/
const mayTakeTimeAndChance = /^src\/(main\.ts|platform\/)/

/** Time, ids, chance and environment outside of main and platform (house rule 6). */
export const ambientRefusals = (source: Source): string[] =>
  [...nodesOf(source.tree)].flatMap(node => {
    const name = ambientName(node)
    const allowed = name === 'process.env' ? mayReadEnvironment : mayTakeTimeAndChance
    return name === undefined || allowed.test(source.path) ? [] : [`${placeOf(source, node)} takes ${name}`]
  })

/** Branches for tests in the program (house rule 12). */
export const testBranchRefusals = ({ path, text }: Source): string[] =>
  /\bVITEST\b|\bPLAYWRIGHT\b|NODE_ENV[^\n]*['"`]test['"`]/.test(text)
    ? [`${path} has a branch for tests`]
    : []

/** Files named after nothing (house rule 14). */
export const catchAllNames = (paths: string[]): string[] =>
  paths.filter(path => /(^|\/)(utils?|helpers?|common|misc|constants?|types?|shared|lib)\.ts$/.test(path))

const runners = new Set(['it', 'test', 'describe', 'suite', 'bench'])
/** `runIf` is not among them: it names the tool a test needs, and the last line of a run counts it as skipped. */
const passesOver = new Set(['only', 'skip', 'skipIf', 'todo', 'fixme', 'fails', 'fail'])

/** Tests that are passed over, or keep others from running. */
export const passedOverTests = (source: Source): string[] =>
  [...nodesOf(source.tree)].flatMap(node => {
    const [first = '', ...members] = (nameOf(node) ?? '').split('.')
    const last = members.at(-1) ?? ''
    return runners.has(first) && passesOver.has(last) ? [`${placeOf(source, node)} ${nameOf(node)}`] : []
  })

const silencers = /@(ts)-(ignore|expect-error|nocheck)|\b(biome)-ignore/

/** `any`, and comments that silence a check. */
export const silencedChecks = (source: Source): string[] => {
  const anys = [...nodesOf(source.tree)].filter(node => node.type === 'TSAnyKeyword')
  return [
    ...anys.map(node => `${placeOf(source, node)} says any`),
    ...(silencers.test(source.text) ? [`${source.path} silences a check`] : []),
  ]
}
