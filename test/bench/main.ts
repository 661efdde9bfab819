/**
 * `npm run bench [-- --json] [NAME…]`: measures the program on this machine, all benches or those named, and prints a
 * table, or with `--json` one object a line. Ratios are what counts: both halves of one are measured in the same
 * round, so that a busy machine strikes both. Everything it makes it removes.
 */
import { type Bed, openBed } from './bed.ts'
import { coresArePinned } from './cores.ts'
import { type Figure, jsonOf, tableOf } from './figures.ts'
import { benchHistory, historyBenches } from './history.ts'
import { benchIssue, issueBenches } from './issue.ts'
import { benchLogin } from './login.ts'
import { benchLoginAnswers } from './login-answers.ts'
import { benchLoopIssue, benchLoopLogin } from './loop.ts'
import { benchMemory } from './memory.ts'
import { benchMutualTls, mutualTlsBenches } from './mutual-tls.ts'
import { benchHome, benchLoginPage } from './pages.ts'
import { benchRegistration } from './registration.ts'
import { benchStart } from './start.ts'
import { benchStatus, statusBenches } from './status.ts'
import { benchUserList } from './user-list.ts'

type Bench = {
  names: readonly string[]
  run(wanted: ReadonlySet<string>, bed: () => Promise<Bed>): Promise<Figure[]>
}

/** In this order: starting has the whole machine, all others a core for the server and one for the load. */
const benches: readonly Bench[] = [
  { names: ['start-first', 'start-later'], run: wanted => benchStart(wanted) },
  {
    names: ['rss-idle', 'rss-pages', 'rss-logins'],
    run: async (wanted, bed) => benchMemory(await bed(), wanted),
  },
  { names: ['home'], run: async (_wanted, bed) => benchHome(await bed()) },
  { names: ['login-page'], run: async (_wanted, bed) => benchLoginPage(await bed()) },
  { names: ['login'], run: async (_wanted, bed) => benchLogin(await bed()) },
  { names: ['login-answers'], run: async (_wanted, bed) => benchLoginAnswers(await bed()) },
  { names: mutualTlsBenches, run: async (wanted, bed) => benchMutualTls(await bed(), wanted) },
  { names: ['loop-login'], run: async (_wanted, bed) => benchLoopLogin(await bed()) },
  { names: ['loop-issue'], run: async (_wanted, bed) => benchLoopIssue(await bed()) },
  { names: issueBenches, run: async (wanted, bed) => benchIssue(await bed(), wanted) },
  { names: ['user-list-10k'], run: async (_wanted, bed) => benchUserList(await bed()) },
  { names: ['registration'], run: async (_wanted, bed) => benchRegistration(await bed()) },
  { names: statusBenches, run: async (wanted, bed) => benchStatus(await bed(), wanted) },
  // Last: a history of a million entries is in nobody else's way.
  { names: historyBenches, run: async (wanted, bed) => benchHistory(await bed(), wanted) },
]

const given = process.argv.slice(2)
const json = given.includes('--json')
const asked = given.filter(each => each !== '--json')
const names = benches.flatMap(bench => bench.names)
const unknown = asked.filter(name => !names.includes(name))
if (unknown.length > 0) {
  process.stderr.write(`There is no bench ${unknown.join(', ')}: choose from ${names.join(', ')}.\n`)
  process.exit(2)
}
const wanted = new Set(asked.length > 0 ? asked : names)

const note = (line: string) => process.stderr.write(`${line}\n`)
if (!coresArePinned())
  note('Without taskset and two cores, load and server share what there is: compare nothing.')

let opened: Promise<Bed> | undefined
const bed = () => {
  opened ??= openBed()
  return opened
}
let interrupted = false
process.once('SIGINT', () => {
  interrupted = true
  note('Ending with the bench that runs now; once more ends at once.')
  process.once('SIGINT', () => process.exit(130))
})

const figures: Figure[] = []
try {
  for (const bench of benches) {
    if (interrupted || !bench.names.some(name => wanted.has(name))) continue
    note(`… ${bench.names.filter(name => wanted.has(name)).join(', ')}`)
    const found = await bench.run(wanted, bed)
    figures.push(...found)
    if (json) for (const figure of found) process.stdout.write(`${jsonOf(figure)}\n`)
  }
  if (!json) process.stdout.write(`${tableOf(figures)}\n`)
} finally {
  await (await opened)?.close()
}
