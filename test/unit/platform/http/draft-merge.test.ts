import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeValues } from '../../../../src/platform/http/draft-merge.ts'

const anyValue = fc.oneof(fc.string({ maxLength: 3 }), fc.uniqueArray(fc.constantFrom('a', 'b', 'c')))
const anyValues = fc.dictionary(fc.constantFrom('name', 'email', 'boxes'), anyValue)

describe('D-12 what two have changed at once', () => {
  it('who has changed nothing gets what is there now', () => {
    fc.assert(
      fc.property(anyValues, anyValues, (began, now) => {
        expect(mergeValues(began, now, began)).toEqual(now)
      }),
    )
  })

  it('where nothing has changed meanwhile, what was typed stays', () => {
    fc.assert(
      fc.property(anyValues, anyValues, (began, mine) => {
        const merged = mergeValues(began, began, mine)
        const list = (value: unknown) => [value ?? []].flat().sort()
        for (const field of ['name', 'email', 'boxes']) expect(list(merged[field])).toEqual(list(mine[field]))
      }),
    )
  })

  it('keeps both changes of different fields, and one’s own where both changed one', () => {
    const began = { name: '甲', email: 'a@example.jp', boxes: ['x', 'y'] }
    const now = { ...began, name: '乙', boxes: ['y'] }
    expect(mergeValues(began, now, { ...began, email: 'b@example.jp' })).toEqual({
      ...now,
      email: 'b@example.jp',
    })
    expect(mergeValues(began, now, { ...began, name: '丙', boxes: ['y', 'x'] })).toEqual({
      ...now,
      name: '丙',
    })
  })

  it('of a list, each box is as whoever changed it has left it', () => {
    const boxes = fc.uniqueArray(fc.constantFrom<string[]>('a', 'b', 'c', 'd'))
    fc.assert(
      fc.property(boxes, boxes, boxes, (began, now, mine) => {
        const merged = mergeValues({ boxes: began }, { boxes: now }, { boxes: mine }).boxes ?? []
        for (const box of ['a', 'b', 'c', 'd']) {
          const untouched = mine.includes(box) === began.includes(box)
          expect(merged.includes(box)).toBe((untouched ? now : mine).includes(box))
        }
        expect(new Set(merged).size).toBe(merged.length)
      }),
    )
  })

  it('takes one box that a form sends as a text for the list that it is', () => {
    const began = { boxes: ['view'] }
    expect(mergeValues(began, { boxes: ['view', 'grant'] }, {})).toEqual({ boxes: ['grant'] })
    // What the other one unticked stays so, and what was ticked here is added to it.
    expect(mergeValues(began, { boxes: [] }, { boxes: ['view', 'mine'] })).toEqual({ boxes: ['mine'] })
    expect(mergeValues(began, { boxes: ['view', 'grant'] }, { boxes: 'mine' })).toEqual({
      boxes: ['grant', 'mine'],
    })
  })

  it('a box that was unticked stays unticked, though a form does not send it', () => {
    expect(mergeValues({ forced: 'on' }, { forced: 'on' }, {})).toEqual({})
    expect(mergeValues({ boxes: 'x' }, { boxes: ['x', 'z'] }, { boxes: ['x'] })).toEqual({
      boxes: ['x', 'z'],
    })
  })
})
