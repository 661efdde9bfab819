import { expect } from 'vitest'
import type { PresetName } from '../../src/policy/policy.ts'
import { versionOn } from '../support/forms.ts'
import type { Visitor } from '../support/visitor.ts'

let registered = 0

/** 利用者登録 as far as its confirm page. */
export const toConfirmPage = async (admin: Visitor, preset: PresetName): Promise<void> => {
  const password = preset === 'rokin' ? 'Karimo-2026' : 'Karimoto26'
  const loginId = `Shinki0${++registered}`
  await admin.get('/users')
  await admin.post('/users/new')
  await admin.post(admin.page.path, {
    version: versionOn(admin.page),
    loginId,
    loginIdAgain: loginId,
    loginPassword: password,
    loginPasswordAgain: password,
    forceChange: 'on',
    name: '新規　次郎',
    email: 'shinki@example.jp',
    emailAgain: 'shinki@example.jp',
    mobile: '090-1111-2222',
    role: 'user',
  })
  await admin.post(admin.page.path, { version: versionOn(admin.page) })
  await admin.post(admin.page.path, { version: versionOn(admin.page) })
  expect(admin.page.path).toMatch(/\/confirm$/)
}
