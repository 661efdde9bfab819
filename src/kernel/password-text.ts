/**
 * A password as it is measured, hashed and compared: composed (NFC), so that 「が」 is the same from a keyboard that sends
 * it as one character and from one that sends two (SP 800-63B-4 §3.1.1.2). ASCII stays as it is, and with it every hash
 * of the presets that know nothing else.
 */
export const passwordText = (typed: string): string => typed.normalize('NFC')
