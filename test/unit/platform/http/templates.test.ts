import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createTemplates } from '../../../../src/platform/http/view.ts'

const views = join(import.meta.dirname, '../../../../views')
const templates = createTemplates(views, false)
const names = readdirSync(views, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.eta'))

describe('templates', () => {
  it('I-05 escape what people typed', () => {
    expect(templates.renderString('<p title="<%= it.name %>"><%= it.name %></p>', { name: `"><b>'&` })).toBe(
      '<p title="&quot;&gt;&lt;b&gt;&#39;&amp;">&quot;&gt;&lt;b&gt;&#39;&amp;</p>',
    )
  })

  it.each(['<%~ it.name %>', '<%~ it.user.name %>', '<%~ it.body + it.name %>', '<%~ t("x") %>'])(
    'I-05 refuse to output data unescaped: %s',
    source => {
      expect(() => templates.renderString(source, { name: 'x', user: {} })).toThrow(/Raw output/)
    },
  )

  it.each(names)('compile: %s', name => {
    expect(() => templates.compile(readFileSync(join(views, name), 'utf8'))).not.toThrow()
  })

  // Mails carry their own style sheet: no other reaches them.
  it.each(names.filter(name => !name.startsWith('mail/')))(
    'hold no script or style of their own (CSP): %s',
    name => {
      expect(readFileSync(join(views, name), 'utf8')).not.toMatch(
        /<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=/,
      )
    },
  )
})
