const lineOf = (text: string, at: number) => text.slice(0, at).split('\n').length

/** What a template may write unescaped: other templates, which escape their own values. */
const innerTemplate = /^\s*(include\(|block\(|layout\(|it\.body\s*$)/

/** The HTML of a template, its tags blanked out so that places stay right. */
const htmlOf = (text: string) => text.replace(/<%[\s\S]*?%>/g, tag => tag.replace(/[^\n]/g, ' '))

const inHtml: [RegExp, string][] = [
  [/<script(?![^>]*\ssrc=)/gi, 'a script in the page (the policy refuses it; put it in public/js)'],
  [/<script[^>]*>\s*[^\s<]/gi, 'a script in the page (the policy refuses it; put it in public/js)'],
  [/\son[a-z]+\s*=/gi, 'an event attribute (the policy refuses it)'],
  [/\sstyle\s*=/gi, 'a style attribute (the policy refuses it; give it a class)'],
  [/<style\b/gi, 'a style sheet in the page (the policy refuses it; put it in styles/)'],
  [/javascript:/gi, 'a javascript: address'],
]

/** What a template must not do (house rule 9): raw output, code or styles in the page. As `path:line what`. */
export const viewRefusals = (path: string, text: string): string[] => {
  const raw = [...text.matchAll(/<%[-_]?~([\s\S]*?)[-_]?%>/g)]
    .filter(([, expression = '']) => !innerTemplate.test(expression))
    .map(({ index, 1: expression }) => `${path}:${lineOf(text, index)} raw output of ${expression?.trim()}`)
  const html = htmlOf(text)
  const refused = inHtml.flatMap(([pattern, what]) =>
    [...html.matchAll(pattern)].map(({ index }) => `${path}:${lineOf(text, index)} ${what}`),
  )
  return [...raw, ...refused]
}
