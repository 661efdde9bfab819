import { storePassword } from '../../../../src/features/passwords/index.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { versionOn } from '../../../support/forms.ts'
import { hashOf } from '../../../support/hashing.ts'
import type { Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'

type Fields = Record<string, string | string[]>

/** Presses the button that leads to `path` on this user, and gives the draft's address. */
export const beginOn = async (admin: Visitor, userId: string, path = 'change'): Promise<string> => {
  await admin.get(`/users/${userId}`)
  const page = await admin.post(`/users/${userId}/${path}`)
  return page.path.split('/').slice(0, 5).join('/')
}

/** What the form on screen would send if nobody touched it. */
export const untouched = (html: string): Fields => {
  const fields: Record<string, string[]> = {}
  const put = (name: string, value: string) => {
    fields[name] = [...(fields[name] ?? []), value]
  }
  for (const [, attributes = ''] of html.slice(html.indexOf('<main')).matchAll(/<input ([^>]*)>/g)) {
    const of = (name: string) => new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1]
    const name = of('name')
    if (!name || name === '_csrf') continue
    const box = of('type') === 'checkbox' || of('type') === 'radio'
    if (!box || / checked/.test(attributes)) put(name, of('value') ?? '')
  }
  return Object.fromEntries(
    Object.entries(fields).map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  )
}

/** Sends the form on screen as it is, but for what is given. */
export const send = (admin: Visitor, changed: Fields = {}) => {
  const form = { ...untouched(admin.page.html), ...changed }
  return admin.post(
    admin.page.path,
    Object.fromEntries(
      Object.entries(form).filter(([, value]) => value.length > 0 || typeof value === 'string'),
    ),
  )
}

/** From the user's page to the confirm page of a change, with these fields typed on their pages. */
export const fillInChange = async (
  admin: Visitor,
  userId: string,
  changed: { basic?: Fields; permissions?: string[]; accounts?: Fields } = {},
): Promise<string> => {
  const draft = await beginOn(admin, userId)
  if (!admin.page.path.endsWith('/basic'))
    throw new Error(`at ${admin.page.path}: ${admin.page.text.slice(0, 400)}`)
  await send(admin, changed.basic)
  await send(admin, changed.permissions ? { permissions: changed.permissions } : {})
  await send(admin, changed.accounts)
  if (!admin.page.path.endsWith('/confirm'))
    throw new Error(`not at the confirm page but at ${admin.page.path}: ${admin.page.text.slice(0, 1500)}`)
  return draft
}

/** Presses 「実行」 with the draft's version that the page carries. */
export const execute = (admin: Visitor, proofs: Fields = {}) =>
  admin.post(admin.page.path, { version: versionOn(admin.page), ...proofs })

let people = 0

/** Somebody of a company who can log in without a certificate, as sevenbank's people do. */
export const newPerson = async (
  { deps }: Portal,
  companyId: string,
  role: 'user' | 'administrator' | 'contractor',
  { loginId = `hito${String(++people).padStart(2, '0')}a`, permissions = [] as string[] } = {},
): Promise<{ id: string; loginId: string; password: string; confirmationPassword: string }> => {
  const password = 'Nyuryoku26'
  const confirmationPassword = 'Kakunin26'
  const id = deps.ids.next()
  const login = await hashOf(deps.hasher, password)
  const confirmation = await hashOf(deps.hasher, confirmationPassword)
  await inTx(deps, async tx => {
    await tx.user.create({
      data: {
        id,
        companyId,
        loginId,
        loginIdKey: loginId.toLowerCase(),
        loginIdScope: 'bank',
        name: `試験　${loginId.replace(/[^0-9]/g, '').replace(/[0-9]/g, digit => '〇一二三四五六七八九'[Number(digit)] ?? '')}郎`,
        email: `${loginId}@demo.sekisho.example`,
        role,
        createdAt: deps.clock.now(),
      },
    })
    await tx.userPermission.createMany({
      data: permissions.map(key => {
        const [serviceCode = '', permissionCode = ''] = key.split('.')
        return { companyId, userId: id, serviceCode, permissionCode }
      }),
    })
    const holder = { companyId, userId: id }
    await storePassword(deps, tx, holder, 'login_password', login, { forceChange: false, remembered: 0 })
    await storePassword(deps, tx, holder, 'confirmation_password', confirmation, {
      forceChange: false,
      remembered: 0,
    })
  })
  return { id, loginId, password, confirmationPassword }
}
