import type { Sheet } from './sheet.ts'

/** What stands for a character that a sheet cannot show, as printers have always set it: never a blank, which nobody misses. */
const geta = '〓'

const tableAt = (font: DataView, wanted: string): number => {
  const tables = font.getUint16(4)
  for (let record = 12; record < 12 + tables * 16; record += 16) {
    const tag = String.fromCharCode(...[0, 1, 2, 3].map(at => font.getUint8(record + at)))
    if (tag === wanted) return font.getUint32(record + 8)
  }
  throw new Error(`the font has no table ${wanted}`)
}

/** The characters that a font has glyphs for, by its table of them (OpenType, cmap, format 12). */
const charactersOf = (file: Uint8Array): Uint8Array => {
  const font = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const cmap = tableAt(font, 'cmap')
  const subtables = Array.from(
    { length: font.getUint16(cmap + 2) },
    (_, index) => cmap + font.getUint32(cmap + 8 + index * 8),
  )
  const whole = subtables.find(subtable => font.getUint16(subtable) === 12)
  if (whole === undefined) throw new Error('the font names its characters in no way that is known here')
  const found = new Uint8Array(0x110000)
  const groups = font.getUint32(whole + 12)
  for (let group = whole + 16; group < whole + 16 + groups * 12; group += 12)
    found.fill(1, font.getUint32(group), font.getUint32(group + 4) + 1)
  return found
}

/** Line breaks, and what chooses a form of the character before it, are no glyphs of their own. */
const unseen = /[\p{Cc}\p{Default_Ignorable_Code_Point}]/u

/**
 * Gives what makes a sheet say openly which of its characters the fonts lack: 〓 in their place, and a line among its facts that
 * says so. A sheet that they can show whole is given back as it is.
 * @param fonts the files of all weights that a sheet is set in
 */
export const showingMissing = (fonts: readonly Uint8Array[]): ((sheet: Sheet) => Sheet) => {
  const weights = fonts.map(charactersOf)
  const isShown = (character: string): boolean =>
    weights.every(weight => weight[character.codePointAt(0) ?? 0] === 1) || unseen.test(character)
  return sheet => {
    let missing = false
    const said = (text: string): string =>
      Array.from(text, character => {
        if (isShown(character)) return character
        missing = true
        return geta
      }).join('')
    const all = <Part>(part: Part): Part => {
      if (typeof part === 'string') return said(part) as Part
      if (Array.isArray(part)) return part.map(all) as Part
      if (typeof part !== 'object' || part === null || part instanceof Date) return part
      return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, all(value)])) as Part
    }
    const shown = all(sheet)
    return missing
      ? { ...shown, facts: [...shown.facts, { label: geta, value: sheet.words.missing }] }
      : sheet
  }
}
