import { performance } from 'node:perf_hooks'

const width = 30
const everyMilliseconds = 100

export type ProgressBar = {
  show(done: number, total: number): void
  /** Takes the bar away, so that a line can be printed in its place. */
  clear(): void
}

/** A bar on one line of a terminal, such as `██████░░░░  61 %  610,000 / 1,000,000`; nothing where there is no terminal. */
export const createProgressBar = (terminal: {
  isTTY?: boolean
  write(text: string): unknown
}): ProgressBar => {
  let shownAt = Number.NEGATIVE_INFINITY
  if (!terminal.isTTY) return { show: () => {}, clear: () => {} }
  return {
    show: (done, total) => {
      const now = performance.now()
      if (now - shownAt < everyMilliseconds && done < total) return
      shownAt = now
      const part = total === 0 ? 1 : Math.min(1, done / total)
      const full = Math.round(part * width)
      const bar = '█'.repeat(full) + '░'.repeat(width - full)
      const counts = `${done.toLocaleString('en-US')} / ${total.toLocaleString('en-US')}`
      terminal.write(`\r\u001b[K${bar}  ${Math.floor(part * 100)} %  ${counts}`)
    },
    clear: () => {
      terminal.write('\r\u001b[K')
    },
  }
}
