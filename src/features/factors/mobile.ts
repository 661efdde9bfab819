import { parsePhoneNumberFromString } from 'libphonenumber-js/mobile'
import { toHalfWidth } from '../../kernel/width.ts'

/**
 * A mobile number in E.164, as it was meant: 090-1234-5678, ０９０…, or another country's with its +. Undefined where it
 * is no number that takes short messages (B-18).
 */
export const readMobile = (typed: string): string | undefined => {
  if (typed.length > 40) return undefined
  const number = parsePhoneNumberFromString(toHalfWidth(typed).replace(/[\u2010-\u2015\u2212\u30fc]/g, '-'), {
    defaultCountry: 'JP',
    extract: false,
  })
  return number?.isValid() ? number.number : undefined
}

/** A number as its owner knows it and nobody learns from it: 「*******5678」. */
export const maskedMobile = (mobile: string): string => `*******${mobile.slice(-4)}`
