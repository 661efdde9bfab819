import { execFileSync } from 'node:child_process'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createWorkerPool, type WorkerPool } from '../../../src/platform/worker-pool.ts'

const script = new URL('./crashing-worker.ts', import.meta.url)
const pools: WorkerPool<string, string>[] = []

const pool = (size: number) => {
  const made = createWorkerPool<string, string>(script, size)
  pools.push(made)
  return made
}

afterEach(() => Promise.all(pools.splice(0).map(each => each.close())))

describe('the pool of workers', () => {
  it('answers more requests than it has workers, with no more threads than its size', async () => {
    const { run } = pool(2)
    const answers = await Promise.all(Array.from({ length: 20 }, () => run('work')))
    expect(new Set(answers).size).toBeLessThanOrEqual(2)
    expect(answers).toHaveLength(20)
  })

  it('passes a refusal on and keeps the worker', async () => {
    const { run } = pool(1)
    const before = await run('work')
    await expect(run('refuse')).rejects.toThrow('I would rather not.')
    expect(await run('work')).toBe(before)
  })

  it.each(['exit', 'throw'])('replaces a worker that dies by %s, and only its request fails', async death => {
    const { run } = pool(1)
    const before = await run('work')
    const settled = await Promise.allSettled([run(death), run('work'), run('work')])
    expect(settled.map(each => each.status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    expect(await run('work')).not.toBe(before)
  })

  it('rejects a request that can’t be sent, and goes on', async () => {
    const anything = createWorkerPool<unknown, string>(script, 1)
    await expect(anything.run(() => 'a function')).rejects.toThrow(/could not be cloned/)
    await expect(anything.run('work')).resolves.toMatch(/thread/)
    await anything.close()
  })

  it('rejects what is in work, waiting or late when it closes', async () => {
    const { run, close } = pool(1)
    const settled = Promise.allSettled([run('hang'), run('work')])
    await close()
    expect((await settled).map(each => each.status)).toEqual(['rejected', 'rejected'])
    await expect(run('work')).rejects.toThrow(/closed/)
  })

  it('shows its workers nothing of the environment', async () => {
    process.env.SEKISHO_TEST_SECRET = 'x'
    expect(await pool(1).run('environment')).not.toContain('SEKISHO')
    delete process.env.SEKISHO_TEST_SECRET
  })

  it('ends a worker that has had nothing to do for a while, and starts another when there is work', async () => {
    const idle = createWorkerPool<string, string>(script, 1, { idleMilliseconds: 1 })
    pools.push(idle)
    const before = await idle.run('work')
    await vi.waitFor(async () => expect(await idle.run('work')).not.toBe(before), {
      timeout: 60_000,
      interval: 100,
    })
  })

  it('doesn’t keep the program alive when idle', () => {
    const program = `
      const { createWorkerPool } = await import('${new URL('../../../src/platform/worker-pool.ts', import.meta.url)}')
      console.log(await createWorkerPool(new URL('${script}'), 1).run('work'))`
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 60_000 })
    expect(said.toString()).toMatch(/thread/)
  })
})
