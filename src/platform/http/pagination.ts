export type Pagination = {
  total: number
  from: number
  to: number
  previous?: string
  next?: string
  items: ({ page: number; href: string; current?: boolean } | { gap: true })[]
}

/**
 * The data of `partials/pagination` for page `page` (from 1) of `total` rows, `size` a page.
 * Shows the first, the last and the neighbours of the current page. A page past the end shows as the last.
 * @param addressOf the address of a page, with search and sort kept in it.
 */
export const paginationOf = (
  { total, page, size }: { total: number; page: number; size: number },
  addressOf: (page: number) => string,
): Pagination => {
  const last = Math.max(1, Math.ceil(total / size))
  const current = Math.min(Math.max(1, page), last)
  const shown = [...new Set([1, current - 1, current, current + 1, last])].filter(
    each => each >= 1 && each <= last,
  )
  const items: Pagination['items'] = []
  let before = 0
  for (const each of shown) {
    if (each - before > 1) items.push({ gap: true })
    items.push({ page: each, href: addressOf(each), ...(each === current ? { current: true } : {}) })
    before = each
  }
  return {
    total,
    from: total === 0 ? 0 : (current - 1) * size + 1,
    to: Math.min(current * size, total),
    ...(current > 1 ? { previous: addressOf(current - 1) } : {}),
    ...(current < last ? { next: addressOf(current + 1) } : {}),
    items,
  }
}

/** The heading link of a sortable column: sorts by it, or turns its direction where the list is sorted by it. */
export const sortOf = (
  column: string,
  current: { by: string; direction: 'ascending' | 'descending' },
  addressOf: (sort: { by: string; direction: 'ascending' | 'descending' }) => string,
): { href: string; state?: 'ascending' | 'descending' } => {
  if (current.by !== column) return { href: addressOf({ by: column, direction: 'ascending' }) }
  const direction = current.direction === 'ascending' ? 'descending' : 'ascending'
  return { href: addressOf({ by: column, direction }), state: current.direction }
}
