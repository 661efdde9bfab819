import { createHash } from 'node:crypto'

// Which button was pressed, and what proves that the page is ours, is nothing that anybody says by a form.
const notSaid = ['_csrf', 'back', 'more', 'moreAccounts', 'step']

/**
 * All that a form's body says, as one value of 64 hexadecimal digits: the same form sent twice is told by it from one that was
 * gone back to and corrected, whatever has become since of what it is about. Fields count in any order, blank ones and what
 * surrounds a text not at all. `beside`: what the form's address says and its body doesn't.
 */
export const contentOf = (body: unknown, beside: Readonly<Record<string, string>> = {}): string => {
  const said = Object.entries({ ...((body ?? {}) as Record<string, unknown>), ...beside })
    .filter(([name]) => !notSaid.includes(name))
    .map(([name, value]) => [
      name,
      ...[value]
        .flat()
        .flatMap(each => (typeof each === 'string' ? [each.replaceAll('\r\n', '\n').trim()] : []))
        .filter(each => each !== ''),
    ])
    .filter(([, ...texts]) => texts.length > 0)
    .toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(said)).digest('hex')
}
