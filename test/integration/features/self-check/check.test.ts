import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { revoke } from '../../../../src/features/certificates/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { enrolledUser } from '../../../support/certificates.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal()
})
afterAll(() => portal.close())

describe('the self-check', () => {
  it('C-17 looks at TLS and cookies, and leaves to the visitor what only they can try', async () => {
    const someone = portal.visitor()
    const page = await someone.get('/check')
    expect(page.status).toBe(200)
    expect(page.text).toMatch(/TLS 1\.[23]/)
    for (const word of [
      'Cookieを使用できます',
      '電子証明書を確かめる',
      'パソコンの時計',
      'ダウンロードを試す',
    ])
      expect(page.text).toContain(word)
    const file = await someone.get('/check/file')
    expect(file.headers['content-disposition']).toContain('attachment')
    expect((await someone.get('/check?lang=en')).text).toContain('Cookies work.')
  })

  it('C-17 says when cookies do not come back', async () => {
    const page = await portal.visitor().get('/check?tried=1')
    expect(page.text).toContain('Cookieを使用できません')
    expect(page.text).toContain('Cookieを許可してください')
  })

  it('C-17 asks for the certificate on a fresh host, and carries back what it is worth', async () => {
    const user = await enrolledUser(portal)
    const holder = portal.visitor(user.identity)
    await holder.get('/check/certificate')
    expect(holder.page.path).toBe('/check')
    expect(new URL(holder.page.url).origin).toBe(portal.settings.portalOrigin)
    expect(holder.page.text).toContain('ご利用になれる電子証明書が提示されました')
    const nobody = portal.visitor()
    expect((await nobody.get('/check/certificate')).text).toContain('電子証明書が提示されませんでした')
    const officer = portal.visitor(await portal.identity('operator'))
    expect((await officer.get('/check/certificate')).text).toContain('銀行の担当者用')
    await inTx(portal.deps, tx => revoke(portal.deps, tx, system('test'), user.certificateId, 'other'))
    expect((await holder.get(`${portal.settings.portalOrigin}/check/certificate`)).text).toContain(
      '失効した電子証明書',
    )
    // What no page of ours can have carried back shows nothing.
    expect((await holder.get('/check?certificate=%3Cscript%3E')).text).toContain('お使いのブラウザ')
  })

  it('C-17 C-18 explains import and deletion in both languages, and never asks to restart a browser (B-03)', async () => {
    const someone = portal.visitor()
    for (const lang of ['ja', 'en'])
      for (const page of ['windows', 'mac', 'firefox', 'deletion']) {
        const guide = await someone.get(`/guide/${page}?lang=${lang}`)
        expect(guide.status).toBe(200)
        expect(guide.text).not.toMatch(/すべて閉じて|close all|ブラウザをいったん終了/i)
      }
    expect((await someone.get('/guide/windows')).text).toContain('開き直す必要はありません')
    expect((await someone.get('/guide/unknown')).status).toBe(404)
  })
})
