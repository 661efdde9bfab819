import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/**
 * Below those that the kernel gives to connections going out (net.ipv4.ip_local_port_range begins at 32768): a port of
 * theirs can be gone between being found free and being listened on.
 */
const lowest = 12_000
const highest = 32_000

/** A file a port, with the number of the process that has it: test runners have several processes at once. */
const folder = join(tmpdir(), `sekisho-ports-${userInfo().uid}`)
const own = new Set<string>()

process.once('exit', () => {
  for (const file of own) rmSync(file, { force: true })
})

/** Free for this process to use until it ends, a restarted server included. */
export const freePort = async (): Promise<number> => {
  mkdirSync(folder, { recursive: true })
  for (let tries = 0; tries < 1_000; tries++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest))
    if (take(join(folder, String(port))) && (await nobodyListens(port))) return port
  }
  throw new Error(`No port from ${lowest} to ${highest} is free`)
}

type Ports<Count extends number, Found extends number[] = []> = number extends Count
  ? number[]
  : Found['length'] extends Count
    ? Found
    : Ports<Count, [...Found, number]>

/** So many of them, no two the same. */
export const freePorts = async <Count extends number>(count: Count): Promise<Ports<Count>> =>
  (await Promise.all(Array.from({ length: count }, freePort))) as Ports<Count>

const take = (file: string): boolean => {
  if (own.has(file)) return false
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
  } catch {
    if (!leftBehind(file)) return false
    writeFileSync(file, String(process.pid))
  }
  own.add(file)
  return true
}

/** Whether its process ended without removing it. */
const leftBehind = (file: string): boolean => {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

const nobodyListens = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    // On every address, as the listeners of the program may be.
    server.listen(port, () => server.close(() => resolve(true)))
  })
