import pg from 'pg'

type Column = { name: string; dataTypeID: number }
type Parser = (text: string) => unknown
type Shape = { columns: readonly Column[]; parsers: readonly Parser[]; blank: Readonly<Record<string, null>> }

const shapes = new Map<string, Shape>()
const mostShapes = 2_000

const isOf = ({ columns }: Shape, described: readonly Column[]): boolean =>
  columns.length === described.length &&
  columns.every(
    ({ name, dataTypeID }, at) => name === described[at]?.name && dataTypeID === described[at]?.dataTypeID,
  )

/** What rows of a statement look like, made once; anew where a migration has given it other columns. */
const shapeOf = (statement: string, described: readonly Column[], types: pg.CustomTypesConfig): Shape => {
  const known = shapes.get(statement)
  if (known && isOf(known, described)) return known
  if (shapes.size >= mostShapes) shapes.clear()
  const columns = described.map(({ name, dataTypeID }) => ({ name, dataTypeID }))
  const shape: Shape = {
    columns,
    parsers: columns.map(({ dataTypeID }) => types.getTypeParser(dataTypeID, 'text')),
    // An object that was written as one keeps its columns side by side, also in its copies; one put together column by
    // column becomes a table to be looked up in.
    blank: JSON.parse(`{${columns.map(({ name }) => `${JSON.stringify(name)}:null`).join(',')}}`),
  }
  shapes.set(statement, shape)
  return shape
}

/**
 * A statement whose rows are made from a shape that is known from its last time. The driver describes the columns to itself
 * anew each time, which costs more than a row of theirs.
 */
export class Reading<Row extends object> extends pg.Query {
  readonly #statement: string
  readonly #types: pg.CustomTypesConfig
  readonly #found: Row[] = []
  #shape: Shape | undefined
  #failure: unknown

  constructor(config: { name: string; text: string; values: unknown[]; types: pg.CustomTypesConfig }) {
    super(config)
    this.#statement = config.name
    this.#types = config.types
  }

  /** Of the driver: the columns that rows will have. */
  handleRowDescription({ fields }: { fields: readonly Column[] }): void {
    this.#shape = shapeOf(this.#statement, fields, this.#types)
  }

  /** Of the driver: a row as it came, which must not throw into the connection. */
  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    if (!this.#shape || this.#failure) return
    const { columns, parsers, blank } = this.#shape
    try {
      const row: Record<string, unknown> = { ...blank }
      for (let at = 0; at < fields.length; at++) {
        const text = fields[at]
        const name = columns[at]?.name
        if (text != null && name !== undefined) row[name] = parsers[at]?.(text)
      }
      this.#found.push(row as Row)
    } catch (error) {
      this.#failure = error
    }
  }

  /** The rows, once the statement has been answered. */
  found(): Row[] {
    if (this.#failure) throw this.#failure
    return this.#found
  }
}
