/**
 * Password hashing alone, as many at once as there are cores, for what logins are measured beside: prints how many
 * passwords a second were compared, and the milliseconds of CPU that each took. `node argon2.ts SECONDS`.
 */
import { availableParallelism } from 'node:os'
import { hash, verify } from 'argon2'
import { argon2Parameters } from '../../../src/platform/hasher.ts'

const seconds = Number(process.argv[2])
const password = 'Keisoku2026'
const phc = await hash(password, argon2Parameters)
let compared = 0
const startedAt = performance.now()
const cpuBefore = process.cpuUsage()
const compareOn = async () => {
  while (performance.now() - startedAt < seconds * 1000) {
    await verify(phc, password)
    compared++
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, compareOn))
const perSecond = (compared / (performance.now() - startedAt)) * 1000
const { user, system } = process.cpuUsage(cpuBefore)
process.stdout.write(JSON.stringify({ perSecond, cpuMilliseconds: (user + system) / 1000 / compared }))
