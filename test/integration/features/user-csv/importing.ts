import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startUserImportWork } from '../../../../src/jobs/user-import.ts'
import { createTranslations } from '../../../../src/platform/i18n.ts'
import { versionOn } from '../../../support/forms.ts'
import type { Portal } from '../../../support/portal.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'

export const translations = createTranslations({
  root: join(import.meta.dirname, '../../../../locales'),
  onMissingKey: (language, key) => {
    throw new Error(`There is no text ${key} in ${language}`)
  },
})

/** The job that checks and registers files, in the portal's own program. */
export const startImporting = (portal: Portal): Promise<void> =>
  startUserImportWork(portal.deps, translations)

/** Lines of a file with these cells; quoted where they must be. */
export const csv = (...rows: string[][]): string =>
  rows
    .map(row => row.map(cell => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(','))
    .join('\r\n')

export const basics = ['ログインID', '利用者名', 'メールアドレス', '管理者権限']

/** A user of a file, without permissions. */
export const row = (loginId: string, ...more: string[]): string[] => [
  loginId,
  '一括　太郎',
  `${loginId}@example.co.jp`,
  '付与しない',
  ...more,
]

/** Chooses a file on the page for it. */
export const choose = async (
  admin: Visitor,
  content: string | Uint8Array,
  options: { name?: string; type?: string; fields?: Record<string, string> } = {},
): Promise<Page> => {
  await admin.get('/users/import')
  return admin.upload(
    '/users/import',
    {
      name: options.name ?? 'users.csv',
      content: typeof content === 'string' ? Buffer.from(content) : content,
      ...(options.type && { type: options.type }),
    },
    options.fields,
  )
}

/** Reloads the file's page until nothing is under way any more; the state decides, not the time. */
export const settled = async (admin: Visitor): Promise<Page> => {
  const { path } = admin.page
  for (;;) {
    const page = await admin.get(path)
    if (!page.html.includes('data-poll-url')) return page
    await pause(20)
  }
}

/** From the choice of a file to the result of its check. */
export const check = async (admin: Visitor, content: string | Uint8Array): Promise<Page> => {
  const page = await choose(admin, content)
  if (!/^\/users\/import\/[0-9a-f-]{36}$/.test(page.path))
    throw new Error(`the file was not taken: ${page.status} ${page.text}`)
  return settled(admin)
}

/** Presses on from the result of a check to the end of the registration. */
export const confirm = async (admin: Visitor, confirmationPassword: string): Promise<Page> => {
  const { path } = admin.page
  await toConfirm(admin)
  await press(admin, confirmationPassword)
  if (admin.page.status !== 200) return admin.page
  await admin.get(path)
  return settled(admin)
}

export const toConfirm = (admin: Visitor): Promise<Page> => admin.post(`${admin.page.path}/registration`)

export const press = (admin: Visitor, confirmationPassword: string): Promise<Page> =>
  admin.post(admin.page.path, {
    version: versionOn(admin.page),
    confirmationPassword,
  })

/** The cells of each mistake that the page lists. */
export const mistakesOn = ({ html }: Page): string[][] =>
  [...html.matchAll(/<tr class="govuk-table__row">\s*<th scope="row"[\s\S]*?<\/tr>/g)].map(([line]) =>
    [...line.matchAll(/<t[hd][^>]*>([\s\S]*?)<\/t[hd]>/g)].map(([, cell = '']) => cell.trim()),
  )
