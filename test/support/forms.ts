import { type Page, unescaped } from './visitor.ts'

/** What a field on the page is filled in with, hidden or not; blank where there is no such field. */
export const valueOn = ({ html }: Pick<Page, 'html'>, name: string): string =>
  unescaped(new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? '')

/** The version, of a draft or of what it changes, that the form on the page carries. */
export const versionOn = (page: Pick<Page, 'html'>): string => valueOn(page, 'version')

/** What the page's fields of text are filled in with, by their names. */
export const textsOn = ({ html }: Pick<Page, 'html'>): Record<string, string> =>
  Object.fromEntries(
    [...html.matchAll(/<input class="govuk-input[^>]*? value="([^"]*)" name="([^"]+)"/g)].map(
      ([, value = '', name = '']) => [name, unescaped(value)],
    ),
  )
