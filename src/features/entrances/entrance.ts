import { type EntryItem, isPresetName, type PresetName, presetOf } from '../../policy/policy.ts'

/** The door a company's people come in by (B-00): a preset, a name, `/e/<slug>`. */
export type Entrance = {
  id: string
  slug: string
  name: string
  preset: PresetName
  /** What stands before the address of each page before login: `/e/<slug>`, nothing at the configured entrance. */
  path: string
}

const prefix = /^\/e\/([a-z0-9][a-z0-9-]{0,39})(?=[/?]|$)/

/** An address parted into the entrance it names and the page behind it; undefined when it names none. */
export const partAddress = (url: string): { slug: string; rest: string } | undefined => {
  const [named, slug] = prefix.exec(url) ?? []
  if (named === undefined || slug === undefined) return undefined
  const rest = url.slice(named.length)
  return { slug, rest: rest.startsWith('/') ? rest : `/${rest}` }
}

/** The path before every page of an entrance; the configured one has its pages without it as well (B-00). */
export const entrancePath = (slug: string, defaultEntrance: string): string =>
  slug === defaultEntrance ? '' : `/e/${slug}`

/** Where each item of an entry page leads, behind the entrance's path. */
const places = {
  'certificate-login': '/login/certificate',
  'certificate-and-id-login': '/login/certificate',
  'site-login': '/login/certificate',
  'password-login': '/login/password',
  'contract-login': '/login/password',
  'passkey-login': '/login/password',
  'certificate-enrolment': '/enrolment',
  'master-registration': '/registration/master',
  'user-registration': '/registration/user',
  'certificate-issue': '/certificate-issue',
} as const satisfies Record<EntryItem, string>

/** An item of an entry page; its words are `entrances.items.<item>`. */
export type MenuItem = { item: EntryItem; href: string }

/** The menu of an entrance, in the order of its preset's manual (B-01). */
export const menuOf = (entrance: Pick<Entrance, 'preset' | 'path'>): MenuItem[] =>
  presetOf(entrance.preset).entry.map(item => ({
    item,
    href: entrance.path + places[item],
  }))

/**
 * The words of the item that leads to the login with a certificate: each manual calls it by a name of its own, and a page
 * that sends its reader there names what they will find (C-03, C-17).
 */
export const certificateLoginKey = (preset: string | undefined): string => {
  const entry = preset !== undefined && isPresetName(preset) ? presetOf(preset).entry : []
  const item = entry.find(each => places[each] === '/login/certificate')
  return `entrances.items.${item ?? 'certificate-login'}.title`
}

/** A row as an entrance; throws on a preset that this version of the program doesn't know. */
export const asEntrance = (
  row: { id: string; slug: string; name: string; preset: string },
  defaultEntrance: string,
): Entrance => {
  if (!isPresetName(row.preset)) throw new Error(`the entrance ${row.slug} has no known preset`)
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    preset: row.preset,
    path: entrancePath(row.slug, defaultEntrance),
  }
}
