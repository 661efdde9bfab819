import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import { toHalfWidth } from '../../kernel/width.ts'

/**
 * 電話番号 in E.164, as it was meant: 03-1234-5678, ０３…, or another country's with its +. Undefined where nobody has such a
 * number (G-06).
 */
export const readPhone = (typed: string): string | undefined => {
  if (typed.length > 40) return undefined
  const number = parsePhoneNumberFromString(toHalfWidth(typed).replace(/[\u2010-\u2015\u2212\u30fc]/g, '-'), {
    defaultCountry: 'JP',
    extract: false,
  })
  return number?.isValid() && !number.ext ? number.number : undefined
}

/** A stored number as it is written here: 03-1234-5678, and +44 20 7946 0958 of another country. */
export const writtenNumber = (stored: string | null): string => {
  const number = stored ? parsePhoneNumberFromString(stored) : undefined
  if (!number) return stored ?? ''
  return number.country === 'JP' ? number.formatNational() : number.formatInternational()
}
