import { describe, expect, it } from 'vitest'
import { createProgressBar } from '../../../src/cli/progress-bar.ts'

const terminal = (isTTY: boolean) => {
  const written: string[] = []
  return { isTTY, written, write: (text: string) => written.push(text) }
}

describe('a progress bar', () => {
  it('says how much is done, the end always, and takes itself away', () => {
    const screen = terminal(true)
    const bar = createProgressBar(screen)
    bar.show(250_000, 1_000_000)
    bar.show(1_000_000, 1_000_000)
    bar.clear()
    expect(screen.written[0]).toMatch(/█{8}░{22} {2}25 % {2}250,000 \/ 1,000,000$/)
    expect(screen.written[1]).toMatch(/█{30} {2}100 %/)
    expect(screen.written.at(-1)).toBe('\r\u001b[K')
  })

  it('stays out of files and of a history without entries', () => {
    const file = terminal(false)
    const bar = createProgressBar(file)
    bar.show(1, 2)
    bar.clear()
    expect(file.written).toEqual([])
    const screen = terminal(true)
    createProgressBar(screen).show(0, 0)
    expect(screen.written[0]).toContain('100 %')
  })
})
