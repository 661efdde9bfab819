/** What one bench found: a line of the table, an object of `--json`. */
export type Figure = {
  name: string
  /** Connections at once, where a bench runs with several numbers of them. */
  connections?: number
  unit: string
  /** The median of the rounds. */
  median: number
  /** What is measured beside it in the same rounds, in the same unit; null where the goal stands by itself. */
  baseline: number | null
  /** The median of the rounds' own ratios: the machine's noise strikes both halves of a round. */
  ratio: number | null
  /** Milliseconds of the answers, where answers were timed. */
  p50?: number
  p99?: number
  goal: string
  met: boolean
  /** What else was seen on the way, for whoever looks for the reason of a figure. */
  besides?: Record<string, number>
}

/** The q-th part of the values in their order, `q` from 0 to 1; throws on none, which means that nothing ran. */
export const quantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((one, other) => one - other)
  const found = sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
  if (found === undefined) throw new Error('Nothing was measured')
  return found
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** The median of the rounds' ratios of what was measured to what ran beside it. */
export const medianRatio = (rounds: readonly { measured: number; baseline: number }[]): number =>
  median(rounds.map(({ measured, baseline }) => measured / baseline))

/** Enough digits to compare by, no more. */
export const rounded = (value: number): number => Number(value.toPrecision(value < 1000 ? 3 : 4))

const nothing = '–'

const cells = (figure: Figure): string[] => {
  const number = (value: number | null | undefined) =>
    value === null || value === undefined ? nothing : rounded(value).toLocaleString('en')
  return [
    figure.connections === undefined ? figure.name : `${figure.name} (${figure.connections} connections)`,
    figure.unit,
    number(figure.median),
    number(figure.baseline),
    number(figure.ratio),
    number(figure.p50),
    number(figure.p99),
    figure.goal,
    figure.met ? '✔' : '✘',
  ]
}

/** The figures as a table for a terminal, one line each below a heading. */
export const tableOf = (figures: readonly Figure[]): string => {
  const heading = ['bench', 'unit', 'median', 'baseline', 'ratio', 'p50 ms', 'p99 ms', 'goal', 'met']
  const lines = [heading, ...figures.map(cells)]
  const widths = heading.map((_title, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  const isText = (column: number) => column < 2 || column > 6
  return lines
    .map(line =>
      line
        .map((cell, column) =>
          isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** One object a line, for programs. */
export const jsonOf = (figure: Figure): string =>
  JSON.stringify(figure, (_key, value) => (typeof value === 'number' ? rounded(value) : value))
