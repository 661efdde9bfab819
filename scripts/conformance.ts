/**
 * `npm run conformance`: runs the tests of test/conformance and prints what they prove as a bank officer reads it,
 * preset × rule × passed. Arguments are handed to vitest: `npm run conformance -- test/conformance/locks.test.ts`.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Rule } from '../src/policy/table.ts'
import { items } from './conformance-items.ts'
import { claimsOf, linesOf, tableOf } from './conformance-table.ts'

const root = join(import.meta.dirname, '..')
const report = join(root, 'test', 'output', 'reports', 'conformance.json')
mkdirSync(dirname(report), { recursive: true })
rmSync(report, { force: true })

const run = spawnSync(
  join(root, 'node_modules', '.bin', 'vitest'),
  [
    'run',
    '--config=test/vitest.conformance.config.ts',
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}` },
  },
)
if (!existsSync(report)) {
  process.stderr.write('The tests left no report.\n')
  process.exit(1)
}

const words = JSON.parse(readFileSync(join(root, 'locales', 'ja', 'policies.json'), 'utf8')) as {
  rules: Record<Rule, string>
}
const claims = claimsOf(JSON.parse(readFileSync(report, 'utf8')))
const table = tableOf(claims, items, words.rules)
const rows = [...table.rules, ...table.items]
const missing = rows.flatMap(({ name, cells }) =>
  cells.filter(({ state }) => state === 'missing').map(({ preset }) => `${name} ${preset}`),
)
const failed = claims.filter(({ passed }) => !passed)
const say = (...lines: string[]) => process.stdout.write(`${lines.join('\n')}\n`)

say('', ...linesOf('規則（A章の表）', table.rules), '', ...linesOf('項目', table.items), '')
say('✔ 合格  ✘ 不合格  △ 例外  未 試験なし  － 対象外  ~ 説明書に定めがなく、当方で定めたもの')
for (const { id, deviation } of items)
  if (deviation) say(`△ ${id} [${deviation.presets.join(', ')}] ${deviation.what}（${deviation.decision}）`)
for (const { row, presets, claim } of failed) say(`✘ ${row} [${presets.join(', ')}] ${claim}`)
say(
  `${claims.length - failed.length} passed, ${failed.length} failed, ${missing.length} cells without a test`,
)
// Of a part of the tests nobody expects that it covers every cell.
const complete = missing.length === 0 || process.argv.length > 2
for (const each of complete ? [] : missing) say(`未 ${each}`)
process.exitCode = run.status === 0 && failed.length === 0 && complete ? 0 : 1
