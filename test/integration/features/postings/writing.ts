import type { Page, Visitor } from '../../../support/visitor.ts'

export type Fields = Record<string, string | string[]>

/** A posting as an editor types one, for everybody and from a day that has begun. */
export const typed = (title: string, changed: Fields = {}): Fields => ({
  title,
  body: '一行目\n二行目\n\n次の段落',
  sender: 'ヘルプデスク',
  publishDay: '2020-01-01',
  publishTime: '9:00',
  endDay: '',
  endTime: '',
  scope: 'all',
  ...changed,
})

/** The hidden id of the form on screen. */
export const idOn = ({ html }: Page): string => /name="id" value="([^"]+)"/.exec(html)?.[1] ?? ''

/** Fills in the form of a kind as far as the confirm page, or back to the form with what is wrong. */
export const check = async (officer: Visitor, kind: string, fields: Fields): Promise<Page> => {
  await officer.get(`/helpdesk/${kind}/new`)
  return officer.post(`/helpdesk/${kind}/new`, { id: idOn(officer.page), ...fields, step: 'confirm' })
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
const unescaped = (text: string) =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (_all, name: string) => entities[name] ?? '')

/** What the confirm page on screen carries on. */
export const carried = ({ html }: Page): Fields => {
  const fields: Record<string, string[]> = {}
  for (const [, name = '', value = ''] of html.matchAll(
    /<input type="hidden" name="([^"]+)" value="([^"]*)">/g,
  )) {
    if (name === '_csrf' || name === 'back') continue
    fields[name] = [...(fields[name] ?? []), unescaped(value)]
  }
  return fields
}

/** Publishes what was checked; gives the id of the posting whose page it leads to. */
export const publish = async (officer: Visitor, kind: string, fields: Fields): Promise<string> => {
  const confirm = await check(officer, kind, fields)
  if (!confirm.text.includes('登録')) throw new Error(`not at the confirm page: ${confirm.text}`)
  const page = await officer.post(confirm.path, { ...carried(confirm), step: 'execute' })
  const id = page.path.split('/').at(-1) ?? ''
  if (page.path !== `/helpdesk/${kind}/${id}` || id === 'new') throw new Error(`not published: ${page.text}`)
  return id
}
