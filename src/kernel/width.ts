/**
 * Half- and full-width forms of the same characters, where which is meant is beyond doubt (I-06): ASCII, the space,
 * and katakana. Nothing else is touched: the compatibility forms of Unicode (①, ㌔, 﨑) are characters of their own.
 */

const widthOffset = 0xfee0

/** ＡＢＣ１２３ becomes ABC123, and the full-width space a space. */
export const toHalfWidth = (text: string): string =>
  text
    .replace(/[\uff01-\uff5e]/g, wide => String.fromCharCode(wide.charCodeAt(0) - widthOffset))
    .replaceAll('\u3000', ' ')

/**
 * ABC, ｱﾌﾞ and a space become ＡＢＣ, アブ and a full-width space. Kana typed with a separate voicing mark is composed.
 * Ideographs stay as they are: composing those would turn a name's 神 into another character.
 */
export const toFullWidth = (text: string): string =>
  text
    .replace(/[\u0021-\u007e]/g, narrow => String.fromCharCode(narrow.charCodeAt(0) + widthOffset))
    .replaceAll(' ', '\u3000')
    .replace(/[\uff61-\uff9f]+/g, kana => kana.normalize('NFKC'))
    .replace(/[\u3041-\u30ff][\u3099\u309a]/g, kana => kana.normalize('NFC'))

const segmenter = new Intl.Segmenter('ja', { granularity: 'grapheme' })

/** How many characters people count: 𠮷 is one, and so is 葛 with its variation selector. */
export const lengthAsCounted = (text: string): number => [...segmenter.segment(text)].length
