import { describe, expect, it } from 'vitest'
import { filesUnder, read } from './source.ts'
import { viewRefusals } from './views.ts'

/** Letters are read in mail programs, which know no style sheets of ours. */
const isMail = (path: string) => path.startsWith('views/mail/')
const stylesOnly = (refusal: string) => / a style (attribute|sheet) /.test(refusal)

describe('templates', () => {
  it('write escaped output, and neither scripts nor styles', () => {
    const refusals = filesUnder('views', '.eta').flatMap(path =>
      viewRefusals(path, read(path)).filter(refusal => !(isMail(path) && stylesOnly(refusal))),
    )
    expect(refusals).toEqual([])
  })

  it.each([
    '<p><%~ it.user.name %></p>',
    '<p><%-~ it.body.name -%></p>',
    '<p><%~ it.bodyOfMail %></p>',
    "<script>location.href = '/'</script>",
    '<script type="application/json"></script>',
    '<script src="/js/portal.js">start()</script>',
    '<button onclick="go()">OK</button>',
    '<p style="color: red">!</p>',
    '<style>p { color: red }</style>',
    '<a href="javascript:history.back()">戻る</a>',
  ])('are refused for %s', text => {
    expect(viewRefusals('views/a.eta', text).length).toBeGreaterThan(0)
  })

  it.each([
    "<%~ include('/partials/field', { field }) %>",
    '<%~ it.body %>',
    "<%~ block('head') %>",
    '<p data-once="<%= it.on %>"><%= it.style %></p>',
    '<script type="module" src="<%= it.asset(\'js/portal.js\') %>"></script>',
    '<% const onlyOne = it.count === 1 %>',
  ])('are fine with %s', text => {
    expect(viewRefusals('views/a.eta', text)).toEqual([])
  })
})
