import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'sekisho-clock-'))
afterAll(() => rmSync(folder, { recursive: true }))
const clockFile = join(folder, 'clock')
const preload = pathToFileURL(join(import.meta.dirname, '..', '..', 'e2e', 'support', 'moved-clock.mjs')).href

/** Prints, for every line it reads, how far its clock is from the real one, in seconds, and what dates are. */
const program = `
  const { performance } = require('node:perf_hooks')
  require('node:readline').createInterface({ input: process.stdin }).on('line', () => {
    const real = performance.timeOrigin + performance.now()
    const date = new Date()
    console.log(JSON.stringify({
      now: Math.round((Date.now() - real) / 1000),
      date: Math.round((date.getTime() - real) / 1000),
      text: Math.round((Date.parse(Date()) - real) / 1000 / 60),
      given: new Date(0).toISOString(),
      sort: date instanceof Date && date.constructor === Date,
    }))
  })`

describe('the moved clock', () => {
  it('moves what the program takes for now, and nothing else, as often as it is asked', async () => {
    writeFileSync(clockFile, '0')
    const child = spawn(process.execPath, ['-e', program], {
      env: { PATH: process.env.PATH, MOVED_CLOCK_FILE: clockFile, NODE_OPTIONS: `--import=${preload}` },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const ask = async () => {
      child.stdin.write('\n')
      return JSON.parse(String((await lines.next()).value))
    }
    const moved = (seconds: number) => ({
      now: seconds,
      date: seconds,
      text: seconds / 60,
      given: '1970-01-01T00:00:00.000Z',
      sort: true,
    })
    expect(await ask()).toEqual(moved(0))
    for (const seconds of [1_800, 90 * 86_400, -3_600]) {
      writeFileSync(clockFile, String(seconds))
      await expect.poll(ask).toEqual(moved(seconds))
    }
    child.stdin.end()
    await once(child, 'exit')
  })
})
