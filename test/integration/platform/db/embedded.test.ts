import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Embedded, startEmbedded } from '../../../../src/platform/db/embedded.ts'
import { isRunning, runningServer } from '../../../../src/platform/db/postmaster.ts'
import { sql } from '../../../support/database.ts'
import { freePort } from '../../../support/ports.ts'

const log = pino({ level: 'silent' })
const program = join(import.meta.dirname, '..', '..', '..', 'support', 'embedded-program.ts')

let dataDir: string
let pgDir: string
const started: Embedded[] = []
const programs: ChildProcess[] = []
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sekisho-embedded-'))
  await chmod(dataDir, 0o755)
  pgDir = join(dataDir, 'pg')
})
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop()
  for (const child of programs.splice(0)) child.kill('SIGKILL')
  await vi.waitFor(async () => expect(await runningServer(pgDir)).toBeUndefined(), 60_000)
  await rm(dataDir, { recursive: true, force: true })
})

const start = async (options: Partial<Parameters<typeof startEmbedded>[0]> = {}) => {
  const server = await startEmbedded({ dataDir, log, durable: false, ...options })
  started.push(server)
  return server
}

const startProgram = async () => {
  const child = spawn(process.execPath, [program, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  programs.push(child)
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, appUrl: line.toString().trim() }
}

const serverPid = async () => {
  const pid = await runningServer(pgDir)
  if (pid === undefined) throw new Error('no server runs')
  return pid
}

describe('the embedded PostgreSQL', () => {
  it('keeps its data over a restart, its passwords to itself, and leaves no process', async () => {
    const first = await start()
    await sql(first.ownerUrl, 'create table kept (id int)')
    const pid = await serverPid()
    await first.stop()
    expect(isRunning(pid)).toBe(false)
    const second = await start()
    expect(await sql(second.ownerUrl, 'select count(*) from kept')).toEqual([{ count: '0' }])
    expect((await stat(join(pgDir, 'sekisho.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(pgDir)).mode & 0o077).toBe(0)
    await expect(sql(second.ownerUrl.replace(/:[^:@]+@/, ':wrong@'), 'select 1')).rejects.toThrow(/password/)
  })

  it('sorts by code point and keeps time in UTC whatever the machine is set to', async () => {
    const { appUrl } = await start()
    const [row] = await sql(
      appUrl,
      `select current_setting('timezone') as zone, current_setting('server_version_num')::int / 10000 as version,
         (select string_agg(x, '' order by x) from unnest(array['あ', 'b', 'ア', 'B', '亜']) x) as sorted`,
    )
    expect(row).toEqual({ zone: 'UTC', version: 18, sorted: 'Bbあア亜' })
  })

  it('is refused to a second program in one sentence, and shared with a command that asks', async () => {
    const first = await start()
    await expect(start()).rejects.toThrow(/^Another program is running on .*DATA_DIR\.$/)
    const shared = await start({ whenRunning: 'share' })
    expect(shared).toMatchObject({ ours: false, appUrl: first.appUrl })
    await shared.stop()
    expect(await sql(first.appUrl, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('is refused to another program that would have it on a port of its own, and shared where it is', async () => {
    const port = await freePort()
    const first = await start()
    await expect(start({ port })).rejects.toThrow(/^Another program is running on /)
    expect(await sql(first.appUrl, 'select 1 as one')).toEqual([{ one: 1 }])
    await first.stop()
    const onPort = await start({ port })
    await expect(start()).rejects.toThrow(/^Another program is running on /)
    const shared = await start({ whenRunning: 'share' })
    expect(shared).toMatchObject({ ours: false, appUrl: onPort.appUrl })
    expect(await sql(shared.appUrl, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('is made once by two programs that start together; one of them runs it', async () => {
    const both = await Promise.allSettled([start(), start()])
    expect(both.map(result => result.status).sort()).toEqual(['fulfilled', 'rejected'])
    expect((await readdir(dataDir)).sort()).toEqual(['pg'])
  })

  it('ends with a program that is killed, and starts again after', async () => {
    const { child, appUrl } = await startProgram()
    child.kill('SIGKILL')
    await vi.waitFor(async () => expect(await runningServer(pgDir)).toBeUndefined(), 60_000)
    const again = await start()
    expect(again.appUrl).toBe(appUrl)
    expect(await sql(again.appUrl, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it.runIf(process.platform === 'linux')(
    'is stopped and started anew where its program and the watchdog were both killed',
    async () => {
      const { child } = await startProgram()
      const pid = await serverPid()
      const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
      for (const other of children.trim().split(' ').map(Number))
        if (other !== pid) process.kill(other, 'SIGKILL')
      child.kill('SIGKILL')
      await once(child, 'exit')
      expect(await serverPid()).toBe(pid)
      const again = await start()
      expect(await serverPid()).not.toBe(pid)
      expect(await sql(again.appUrl, 'select 1 as one')).toEqual([{ one: 1 }])
    },
  )

  it('starts again by itself when the server is killed', async () => {
    const { appUrl } = await start()
    const pid = await serverPid()
    process.kill(pid, 'SIGKILL')
    await vi.waitFor(async () => {
      expect(await sql(appUrl, 'select 1 as one')).toEqual([{ one: 1 }])
      expect(await serverPid()).not.toBe(pid)
    }, 60_000)
  })

  it('takes no other program for a server that an old postmaster.pid names', async () => {
    await (await start()).stop()
    await writeFile(
      join(pgDir, 'postmaster.pid'),
      `${process.pid}\n${pgDir}\n1\n5432\n${pgDir}\n\n1 1\nready\n`,
    )
    expect(await sql((await start()).appUrl, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('finds a shorter place for its socket when the path is too long for one', async () => {
    const { appUrl } = await start({ dataDir: join(dataDir, 'x'.repeat(60), 'y'.repeat(60)) })
    expect(await sql(appUrl, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('begins nothing in a folder that holds something else', async () => {
    await mkdir(pgDir)
    await writeFile(join(pgDir, 'letter.txt'), 'mine')
    await expect(start()).rejects.toThrow(/holds something other than this program's database/)
    expect(await readdir(pgDir)).toEqual(['letter.txt'])
  })

  it.runIf(process.getuid?.() === 0)('names the folder that its user cannot enter', async () => {
    const closed = join(dataDir, 'closed')
    await mkdir(closed, { mode: 0o700 })
    await expect(start({ dataDir: join(closed, 'data') })).rejects.toThrow(`cannot enter ${closed}`)
  })
})
