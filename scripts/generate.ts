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
const styles = join(root, 'scripts', 'build-styles.ts')

type Output = { name: string; folder: string; inputs: string[]; make: () => Promise<void> }

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
  for (const file of [join(root, 'package-lock.json'), ...inputs.flatMap(filesUnder)]) {
    hash.update(`${relative(root, file)}\n`).update(readFileSync(file)).update('\n')
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
    inputs: [join(root, 'prisma', 'schema'), join(root, 'prisma', 'prisma.config.ts')],
    make: generatePrismaClient,
  },
]
if (existsSync(styles)) {
  const { buildStyles, styleInputs } = await import('./build-styles.ts')
  outputs.push({
    name: 'style sheets',
    folder: join(root, 'public', 'build'),
    inputs: [styles, ...styleInputs.map((input: string) => join(root, relative(root, input)))],
    make: buildStyles,
  })
}

const ifChanged = process.argv.includes('--if-changed')
try {
  await Promise.all(
    outputs.map(async ({ name, folder, inputs, make }) => {
      const stamp = join(folder, '.inputs')
      const hash = hashOf(inputs)
      if (ifChanged && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
      await make()
      writeFileSync(stamp, hash)
      process.stdout.write(`✔ ${name}\n`)
    }),
  )
} catch (error) {
  process.stderr.write(`✘ ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
