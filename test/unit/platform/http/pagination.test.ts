import { describe, expect, it } from 'vitest'
import { paginationOf, sortOf } from '../../../../src/platform/http/pagination.ts'

const address = (page: number) => `?page=${page}`
const shown = (total: number, page: number) =>
  paginationOf({ total, page, size: 20 }, address).items.map(item => ('gap' in item ? '…' : item.page))

describe('paginationOf', () => {
  it('D-01 shows the ends and the neighbours', () => {
    expect(shown(200, 5)).toEqual([1, '…', 4, 5, 6, '…', 10])
    expect(shown(45, 1)).toEqual([1, 2, 3])
    expect(shown(20, 1)).toEqual([1])
  })

  it('D-01 says which rows are on the page', () => {
    expect(paginationOf({ total: 45, page: 3, size: 20 }, address)).toMatchObject({
      from: 41,
      to: 45,
      previous: '?page=2',
    })
    expect(paginationOf({ total: 45, page: 3, size: 20 }, address).next).toBeUndefined()
    expect(paginationOf({ total: 0, page: 1, size: 20 }, address)).toMatchObject({ from: 0, to: 0 })
  })

  it('I-05 shows the last page for one past the end', () => {
    expect(paginationOf({ total: 45, page: 9000, size: 20 }, address)).toMatchObject({ from: 41, to: 45 })
  })
})

describe('sortOf', () => {
  const addressOf = ({ by, direction }: { by: string; direction: string }) => `?sort=${by}&${direction}`

  it('D-01 turns the direction of the column the list is sorted by', () => {
    const current = { by: 'name', direction: 'ascending' } as const
    expect(sortOf('name', current, addressOf)).toEqual({
      href: '?sort=name&descending',
      state: 'ascending',
    })
    expect(sortOf('loginId', current, addressOf)).toEqual({ href: '?sort=loginId&ascending' })
  })
})
