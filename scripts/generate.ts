/**
 * Makes what is made from other files and not committed: the Prisma client (src/generated/prisma) and the
 * style sheets (public/build). `node scripts/generate.ts [--if-changed]`.
 *
 * With `--if-changed` an output is made anew only when its inputs have changed; the hash of the inputs lies
 * beside each output, so that removing an output is enough to have it made again.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '..')

type Recipe = { inputs: readonly string[]; make: () => Promise<void> | void }
/** What it takes is loaded only when it must be made: the compiler of style sheets alone takes longer than the check. */
type Output = { name: string; folder: string; recipe: () => Promise<Recipe> }
type Stamp = { inputs: string[]; hash: string }

const filesUnder = (path: string): string[] => {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .sort()
    .flatMap(name => filesUnder(join(path, name)))
}

/** The lock file stands for every package that takes part, so that an upgrade makes everything anew. */
const hashOf = (inputs: string[]): string => {
  const hash = createHash('sha256')
  const files = inputs.flatMap(input => filesUnder(join(root, input)))
  for (const file of [join(root, 'package-lock.json'), ...files]) {
    hash
      .update(`${relative(root, file)}\n`)
      .update(readFileSync(file))
      .update('\n')
  }
  return hash.digest('hex')
}

const generatePrismaClient = async () => {
  const cli = createRequire(import.meta.url).resolve('prisma/build/index.js')
  const arguments_ = [cli, 'generate', '--config', join(root, 'prisma', 'prisma.config.ts'), '--no-hints']
  try {
    await promisify(execFile)(process.execPath, arguments_, {
      cwd: root,
      // Nothing is asked of the network: no telemetry, no hint of a newer version.
      env: { ...process.env, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1', NO_COLOR: '1' },
    })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`The Prisma client could not be generated.\n${stdout}${stderr}`, { cause: error })
  }
}

const outputs: Output[] = [
  {
    name: 'Prisma client',
    folder: join(root, 'src', 'generated', 'prisma'),
    recipe: async () => ({
      inputs: [join(root, 'prisma', 'schema'), join(root, 'prisma', 'prisma.config.ts')],
      make: generatePrismaClient,
    }),
  },
  {
    name: 'style sheets',
    folder: join(root, 'public', 'build'),
    recipe: async () => {
      const { buildStyles, styleInputs } = await import('./build-styles.ts')
      return { inputs: [join(root, 'scripts', 'build-styles.ts'), ...styleInputs], make: buildStyles }
    },
  },
]

const isUpToDate = (stampFile: string): boolean => {
  if (!existsSync(stampFile)) return false
  const stamp = JSON.parse(readFileSync(stampFile, 'utf8')) as Stamp
  return hashOf(stamp.inputs) === stamp.hash
}

const ifChanged = process.argv.includes('--if-changed')
try {
  await Promise.all(
    outputs.map(async ({ name, folder, recipe }) => {
      const stampFile = join(folder, '.inputs.json')
      if (ifChanged && isUpToDate(stampFile)) return
      const { inputs, make } = await recipe()
      const relativeInputs = inputs.map(input => relative(root, input))
      const hash = hashOf(relativeInputs)
      await make()
      writeFileSync(stampFile, JSON.stringify({ inputs: relativeInputs, hash } satisfies Stamp))
      process.stdout.write(`✔ ${name}\n`)
    }),
  )
} catch (error) {
  process.stderr.write(`✘ ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
