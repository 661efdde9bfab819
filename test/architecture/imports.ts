import { importsOf, type Source } from './source.ts'

const isOwn = (target: string) => target.startsWith('src/')
const featureOf = (path: string) => /^src\/features\/([^/]+)\//.exec(path)?.[1]
/** The command line composes, as main.ts does. */
const folderOf = (path: string) => /^src\/(?!cli\/)([^/]+)\//.exec(path)?.[1] ?? 'root'

/** Which folders of src each may import from (architecture.md, «Direction»). `deps` is src/deps.ts. */
const directions: Record<string, string[]> = {
  kernel: ['kernel'],
  policy: ['kernel', 'policy'],
  platform: ['kernel', 'platform', 'generated', 'deps'],
  features: ['kernel', 'policy', 'platform', 'features', 'generated', 'deps'],
  jobs: ['kernel', 'policy', 'platform', 'features', 'jobs', 'generated', 'deps'],
  audiences: ['kernel', 'policy', 'platform', 'features', 'audiences', 'deps'],
}

const mayUseFastify = (path: string) =>
  /^src\/(app\.ts$|audiences\/|platform\/http\/)/.test(path) ||
  /^src\/features\/.*\/routes[^/]*\.ts$/.test(path) ||
  // The development mailbox is a small site of its own.
  /^src\/platform\/mail\/[^/]*mailbox[^/]*\.ts$/.test(path)

const mayUsePrisma = (path: string) =>
  /^src\/(platform|jobs)\//.test(path) ||
  /^src\/features\/.*\b(commands|queries)\b[^/]*(\/.*)?\.ts$/.test(path)

const isFastify = (target: string) => /^(@fastify\/|fastify($|-|\/))/.test(target)
/** The states' names, which are types without any query, are the domain's words too. */
const isPrisma = (target: string, typeOnly: boolean) =>
  /^(src\/generated\/|@prisma\/|pg($|\/))/.test(target) &&
  !(typeOnly && target === 'src/generated/prisma/enums.ts')

/** What a composition root takes from inside a feature: its routes to mount, its kinds of mail to send. */
const mounts: Record<string, RegExp> = {
  audiences: /\/routes[^/]*\.ts$/,
  root: /\/routes[^/]*\.ts$/,
  jobs: /\/mails\.ts$/,
}

const refusalOf = (path: string, target: string, typeOnly: boolean): string | undefined => {
  const [from, to] = [folderOf(path), target === 'src/deps.ts' ? 'deps' : folderOf(target)]
  if (isFastify(target) && !mayUseFastify(path))
    return 'fastify belongs to routes, audiences, platform/http and app.ts'
  if (isPrisma(target, typeOnly) && !mayUsePrisma(path))
    return 'Prisma belongs to commands, queries and platform'
  if (from === 'kernel' && !isOwn(target)) return 'the kernel imports nothing but the kernel'
  if (!isOwn(target)) return undefined
  if (path === 'src/deps.ts')
    return to === 'kernel' || to === 'platform' ? undefined : 'deps.ts names kernel and platform only'
  if (from !== 'root' && !directions[from]?.includes(to)) return `${from} does not import from ${to}`
  const feature = featureOf(target)
  if (feature === undefined || feature === featureOf(path)) return undefined
  const offered = target === `src/features/${feature}/index.ts`
  return offered || mounts[from]?.test(target) ? undefined : `${feature} is imported through its index.ts`
}

/** Every import against the directions, as `place imports target: why`. */
export const importRefusals = (source: Source): string[] =>
  importsOf(source).flatMap(({ target, typeOnly, place }) => {
    const why = refusalOf(source.path, target, typeOnly)
    return why === undefined ? [] : [`${place} imports ${target}: ${why}`]
  })

/** Features that need each other in a circle, as `a → b → a`. */
export const featureCycles = (sources: Source[]): string[] => {
  const needs = new Map<string, Set<string>>()
  for (const source of sources) {
    const from = featureOf(source.path)
    for (const { target } of from === undefined ? [] : importsOf(source)) {
      const to = featureOf(target)
      if (from === undefined || to === undefined || to === from) continue
      needs.set(from, (needs.get(from) ?? new Set()).add(to))
    }
  }
  const cycles: string[] = []
  const finished = new Set<string>()
  const follow = (feature: string, trail: string[]) => {
    const at = trail.indexOf(feature)
    if (at >= 0) cycles.push([...trail.slice(at), feature].join(' → '))
    if (at >= 0 || finished.has(feature)) return
    for (const next of needs.get(feature) ?? []) follow(next, [...trail, feature])
    finished.add(feature)
  }
  for (const feature of needs.keys()) follow(feature, [])
  return cycles
}
