import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mailKinds } from '../../../../src/jobs/mail-kinds.ts'
import { createTranslations } from '../../../../src/platform/i18n.ts'
import {
  type DevelopmentMailbox,
  startDevelopmentMailbox,
} from '../../../../src/platform/mail/development-mailbox.ts'
import { createLetterWriter } from '../../../../src/platform/mail/letter.ts'
import { createMailer } from '../../../../src/platform/mail/mailer.ts'
import { systemClock, systemIds } from '../../../../src/platform/system-clock.ts'

const root = join(import.meta.dirname, '../../../..')
const ids = systemIds(systemClock)
const options = {
  production: false,
  host: '127.0.0.1',
  clock: systemClock,
  ids,
  views: join(root, 'views'),
  publicDir: join(root, 'public'),
}
const at = new Date('2026-11-20T08:55:03.000Z')
const letter = {
  language: 'ja' as const,
  subject: '【関所】件名',
  text: '本文です\n',
  html: '<p>本文です</p>',
}

let mailbox: DevelopmentMailbox
const get = (path: string) => fetch(mailbox.url + path)
const mailer = () =>
  createMailer({ url: mailbox.smtpUrl, from: '"関所" <no-reply@bank.example>', host: 'portal.example' })

beforeAll(async () => {
  mailbox = await startDevelopmentMailbox({ ...options, port: 20_410 })
})
afterAll(() => mailbox.close())

describe('the mailer and the development mailbox', () => {
  it('I-04 carry a mail whole: both parts, Japanese subject, stable Message-ID, one recipient', async () => {
    const write = createLetterWriter({
      views: options.views,
      translations: createTranslations({ root: join(root, 'locales'), onMissingKey: () => {} }),
    })
    const kind = mailKinds.find(({ kind }) => kind === 'lock.released')
    if (!kind) throw new Error('no such mail')
    const id = ids.next()
    const written = write(kind, {
      id,
      locale: 'ja',
      addressee: { company: '株式会社 髙﨑商店', name: '𠮷田 太郎' },
      params: { at: at.toISOString(), by: 'helpdesk' },
    })
    expect(await mailer().send({ id, to: 'taro@example.jp', letter: written, at })).toMatchObject({
      ok: true,
    })
    const [mail] = mailbox.mails()
    expect(mail).toMatchObject({
      from: 'no-reply@bank.example',
      to: ['taro@example.jp'],
      subject: '【Sekisho 法人ポータル】ログインロック解除のお知らせ',
      messageId: `<${id}@portal.example>`,
      text: written.text,
    })
    expect(mail?.html.trim()).toBe(written.html.trim())
    const page = await (await get(`/messages/${mail?.id}`)).text()
    expect(page).toContain('𠮷田 太郎 様')
  })

  it('lists mails newest first, for people and for programs', async () => {
    await mailer().send({ id: ids.next(), to: 'first@example.jp', letter, at })
    await mailer().send({ id: ids.next(), to: 'second@example.jp', letter, at })
    const listed = (await (await get('/messages.json')).json()) as { id: string; to: string[] }[]
    expect(listed.slice(0, 2).map(({ to }) => to)).toEqual([['second@example.jp'], ['first@example.jp']])
    const mine = (await (await get('/messages.json?to=first@example.jp')).json()) as { id: string }[]
    expect(mine).toHaveLength(1)
    const one = await get(`/messages/${mine[0]?.id}.json`)
    expect(await one.json()).toMatchObject({ subject: '【関所】件名', text: '本文です\n' })
    const page = await get('/')
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(await page.text()).toContain('second@example.jp')
  })

  it('shows foreign markup in a frame that can run nothing', async () => {
    const html = '<script>alert(1)</script><img src="https://tracker.example/x.png">'
    await mailer().send({
      id: ids.next(),
      to: 'x@example.jp',
      letter: { ...letter, subject: '<script>', html },
      at,
    })
    const [mail] = mailbox.mails()
    const page = await (await get(`/messages/${mail?.id}`)).text()
    expect(page).not.toContain('<script')
    expect(page).toMatch(/<iframe [^>]*sandbox(?![=])/)
    const frame = await get(`/messages/${mail?.id}/html`)
    expect(frame.headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    )
    expect((await get('/')).headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await (await get('/')).text()).not.toContain('<script')
  })

  it('shows short messages', async () => {
    mailbox.showSms({ to: '+819012345678', text: '認証コード：<b>', at })
    expect(await (await get('/sms.json')).json()).toMatchObject([
      { to: '+819012345678', text: '認証コード：<b>' },
    ])
    expect(await (await get('/')).text()).toContain('認証コード：&lt;b&gt;')
  })

  it('says so where there is no such mail', async () => {
    for (const path of [
      '/messages/nothing',
      '/messages/nothing.json',
      '/messages/nothing/html',
      '/../etc/passwd',
    ])
      expect((await get(path)).status, path).toBe(404)
  })

  it('keeps 200 mails and forgets the oldest', async () => {
    const { send } = mailer()
    await send({ id: ids.next(), to: 'oldest@example.jp', letter, at })
    expect(mailbox.mails()[0]?.to).toEqual(['oldest@example.jp'])
    for (let batch = 0; batch < 4; batch++)
      await Promise.all(
        Array.from({ length: 50 }, () => send({ id: ids.next(), to: 'newer@example.jp', letter, at })),
      )
    expect(mailbox.mails()).toHaveLength(200)
    expect(mailbox.mails().every(({ to }) => to[0] === 'newer@example.jp')).toBe(true)
  })

  it('does not run in production', async () => {
    await expect(startDevelopmentMailbox({ ...options, production: true, port: 20_411 })).rejects.toThrow(
      'SMTP_URL',
    )
  })

  it('rejects with the listener’s error where the port is taken, and leaves nothing listening', async () => {
    await expect(startDevelopmentMailbox({ ...options, port: 20_410 })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
  })
})
