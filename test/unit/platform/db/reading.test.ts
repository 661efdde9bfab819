import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { Reading } from '../../../../src/platform/db/reading.ts'

const oid = { number: 23, text: 25 }
const reading = (parsers: Record<number, (text: string) => unknown> = {}) =>
  new Reading<Record<string, unknown>>({
    name: 'a statement',
    text: 'SELECT',
    values: [],
    types: {
      getTypeParser: (id: number) => parsers[id] ?? pg.types.getTypeParser(id, 'text'),
    },
  })

describe('a reading', () => {
  it('gives rows the columns that the statement has now, also where it had others before', () => {
    const answers = [
      [[{ name: 'number', dataTypeID: oid.number }], ['7'], { number: 7 }],
      [[{ name: 'number', dataTypeID: oid.text }], ['7'], { number: '7' }],
      [[{ name: 'name', dataTypeID: oid.text }], [null], { name: null }],
      [
        [
          { name: 'name', dataTypeID: oid.text },
          { name: 'number', dataTypeID: oid.number },
        ],
        [null, '8'],
        { name: null, number: 8 },
      ],
      [[{ name: 'number', dataTypeID: oid.number }], ['9'], { number: 9 }],
    ] as const
    for (const [fields, values, row] of answers) {
      const some = reading()
      some.handleRowDescription({ fields })
      some.handleDataRow({ fields: values })
      some.handleDataRow({ fields: values })
      expect(some.found()).toEqual([row, row])
    }
  })

  it('keeps what cannot be read from the connection, and throws it where it was asked for', () => {
    const some = reading({
      [oid.text]: () => {
        throw new Error('no day')
      },
    })
    some.handleRowDescription({ fields: [{ name: 'day', dataTypeID: oid.text }] })
    some.handleDataRow({ fields: ['31 February'] })
    some.handleDataRow({ fields: [null] })
    expect(() => some.found()).toThrow('no day')
  })
})
