/** What the search box may be compared with (H-02); `all` tries each of them. */
export const searchFields = ['all', 'contract', 'loginId', 'name', 'email', 'serial'] as const
export type SearchField = (typeof searchFields)[number]

export const longestSearch = 100

/** How many of a kind a page shows, and up to how many are counted; beyond that nobody reads lists, they ask more precisely. */
export const shownAtMost = 50
export const countedAtMost = 1000

/** The text of the search box, made comparable in each of the ways it may be meant. */
export type SearchKeys = {
  contract?: string
  loginId?: string
  /** Without spaces: as typed, half-width and full-width, since names are kept in full width (I-06). */
  names?: string[]
  email?: string
  /** Hexadecimal, lower case, without colons, spaces and leading zeros. */
  serial?: string
  /** Of which companies alone: an ID that many of them have is found in the one that is meant. */
  company?: { contract: string; names: string[] }
}

const fullWidth = (text: string): string =>
  text.replace(/[!-~]/g, character => String.fromCharCode(character.charCodeAt(0) + 0xfee0))

/** Short pieces of hexadecimal are more likely part of an ID than of a serial. */
const shortestSerial = 8

/** A name as typed, half-width and full-width, without spaces. */
const namesOf = (text: string): string[] => {
  const close = text.replace(/[\s\u3000]/g, '')
  const half = text.normalize('NFKC').replace(/\s/g, '')
  return [...new Set([close, half, fullWidth(half)])].map(each => each.toLowerCase())
}

/** What to look for in which column, in which companies; empty where the text can't be what the field asks for. */
export const searchKeys = (field: SearchField, text: string, company = ''): SearchKeys => {
  const within = company.normalize('NFKC').replace(/\s/g, '')
  return {
    ...keysOf(field, text),
    ...(within !== '' && { company: { contract: within, names: namesOf(company) } }),
  }
}

const keysOf = (field: SearchField, text: string): SearchKeys => {
  const plain = text.normalize('NFKC').trim()
  if (plain === '') return {}
  const wants = (wanted: SearchField) => field === 'all' || field === wanted
  const half = plain.replace(/\s/g, '')
  const serial = half.replace(/[:-]/g, '').toLowerCase().replace(/^0+/, '')
  return {
    ...(wants('contract') && { contract: half }),
    ...(wants('loginId') && { loginId: half.toLowerCase() }),
    ...(wants('name') && {
      names: namesOf(text),
    }),
    ...(wants('email') && { email: half.toLowerCase() }),
    ...(wants('serial') && /^[0-9a-f]+$/.test(serial) && serial.length >= shortestSerial && { serial }),
  }
}
