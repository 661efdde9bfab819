import { describe, expect, it } from 'vitest'
import { sharedScreens } from './screens.ts'
import { parse, sourcesUnder } from './source.ts'

describe('screen IDs', () => {
  it('are one page’s each', () => {
    // 「ログアウトしました」 is one page, wherever the session ended.
    expect(sharedScreens(sourcesUnder('src'), ['LGN006'])).toEqual([])
  })

  it.each([
    "const steps = [{ screen: 'BRSK040', view: 'users/basic' }, { screen: 'BRSK040', view: 'users/rights' }]",
    "reply.page('users/list', { screen: 'BRSK003' }); reply.page('users/enquiry', { screen: 'BRSK003' })",
    "filePage(reply, 'a/waiting', { screen: 'BRSK003' }); const b = { screen: 'BRSK003', view: 'a/done' }",
  ])('are found with two views: %s', text => {
    expect(sharedScreens([parse('src/features/a/routes.ts', text)])).toHaveLength(1)
  })

  it('are found in two features, however they reach the page', () => {
    const [one, two] = ['users', 'user-csv'].map(feature =>
      parse(`src/features/${feature}/routes.ts`, "const screens = { lift: 'BRSK040' }"),
    )
    expect(sharedScreens([one, two].flatMap(each => each ?? []))).toHaveLength(1)
  })

  it('may be said again for the same page', () => {
    const text =
      "const config = { screen: 'BRSK003' }; reply.page('users/list', { screen: 'BRSK003', title: 'a' })"
    expect(sharedScreens([parse('src/features/users/routes.ts', text)])).toEqual([])
  })
})
