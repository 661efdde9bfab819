import { performance } from 'node:perf_hooks'
import { startProgram } from '../e2e/support/program.ts'
import { type Figure, median } from './figures.ts'

const rounds = 3

/** As a newcomer starts it, `npm start`: on empty data, then again, each from the command to the first `/readyz`. */
export const benchStart = async (wanted: ReadonlySet<string>): Promise<Figure[]> => {
  const first: number[] = []
  const later: number[] = []
  const secondsOf = async <T>(work: () => Promise<T>): Promise<[number, T]> => {
    const startedAt = performance.now()
    const value = await work()
    return [(performance.now() - startedAt) / 1000, value]
  }
  for (let round = 0; round < rounds; round++) {
    // Without the clock that browser tests move: nothing is loaded before the program but the program.
    const [seconds, program] = await secondsOf(() => startProgram({ environment: { NODE_OPTIONS: '' } }))
    try {
      first.push(seconds)
      if (!wanted.has('start-later')) continue
      await program.stop()
      const [again] = await secondsOf(() => program.restart())
      later.push(again)
    } finally {
      await program.remove()
    }
  }
  const figure = (name: string, seconds: number[], goal: number): Figure => ({
    name,
    unit: 's',
    median: median(seconds),
    baseline: null,
    ratio: null,
    goal: `< ${goal}`,
    met: median(seconds) < goal,
  })
  return [
    figure('start-first', first, 10),
    ...(later.length > 0 ? [figure('start-later', later, 3)] : []),
  ].filter(({ name }) => wanted.has(name))
}
