import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { afterEach, expect, it } from 'vitest'
import { createMailer, MailServerError } from '../../../../src/platform/mail/mailer.ts'

type Answer = { code: number; message: string }
const servers: SMTPServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise<void>(done => server.close(done))
})

/** A mail server that gives these answers; the mails it took are in `taken`. */
const server = async (answers: { rcpt?: Answer; data?: Answer; mail?: Answer }) => {
  const taken: string[] = []
  const sockets: Socket[] = []
  const answer = (given: Answer | undefined) =>
    given && Object.assign(new Error(given.message), { responseCode: given.code })
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onMailFrom: (_address, _session, done) => done(answer(answers.mail)),
    onRcptTo: (_address, _session, done) => done(answer(answers.rcpt)),
    onData: (stream, _session, done) => {
      void buffer(stream).then(raw => {
        const refusal = answer(answers.data)
        if (!refusal) taken.push(raw.toString())
        done(refusal)
      })
    },
  })
  smtp.on('error', () => {})
  await new Promise<void>(done => smtp.listen(0, '127.0.0.1', done))
  smtp.server.on('connection', (socket: Socket) => sockets.push(socket))
  servers.push(smtp)
  const { port } = smtp.server.address() as AddressInfo
  return {
    taken,
    url: `smtp://127.0.0.1:${port}`,
    connections: () => sockets.length,
    endConnections: () =>
      Promise.all(
        sockets.map(socket => {
          const closed = socket.closed || once(socket, 'close')
          socket.destroy()
          return closed
        }),
      ),
  }
}

const letter = { language: 'en' as const, subject: 'Subject', text: 'Words\n', html: '<p>Words</p>' }
const at = new Date('2026-11-20T08:55:03.000Z')
const send = (url: string, to = 'taro@example.jp') =>
  createMailer({ url, from: 'no-reply@bank.example', host: 'portal.example' }).send({
    id: 'the-row',
    to,
    letter,
    at,
  })

it('I-04 sends a text and an HTML part, marked as sent by a machine', async () => {
  const { url, taken } = await server({})
  expect(await send(url)).toMatchObject({ ok: true })
  const [raw = ''] = taken
  expect(raw).toMatch(/^Message-ID: <the-row@portal\.example>\r$/m)
  expect(raw).toMatch(/^Auto-Submitted: auto-generated\r$/m)
  expect(raw).toMatch(/^Content-Language: en\r$/m)
  expect(raw).toMatch(/^Date: Fri, 20 Nov 2026 08:55:03 \+0000\r$/m)
  expect(raw).toMatch(/multipart\/alternative/)
})

for (const [code, message] of [
  [550, '5.1.1 no such user'],
  [553, '5.1.3 bad address'],
  [550, '5.2.1 mailbox disabled'],
  [550, 'no such user here'],
] as const)
  it(`D-15 takes ${code} ${message} as an address that does not exist`, async () => {
    const { url } = await server({ rcpt: { code, message } })
    expect(await send(url)).toMatchObject({ ok: false, reason: 'undeliverable' })
  })

for (const answers of [
  { rcpt: { code: 554, message: '5.7.1 relay access denied' } },
  { rcpt: { code: 550, message: '5.7.1 sender is blocked' } },
  { rcpt: { code: 552, message: '5.2.2 mailbox full' } },
  { rcpt: { code: 450, message: '4.2.0 greylisted, try later' } },
  { mail: { code: 550, message: '5.7.1 sender refused' } },
  { data: { code: 554, message: '5.6.0 message refused' } },
  { data: { code: 451, message: '4.3.0 disk full' } },
])
  it(`I-04 tries again after ${JSON.stringify(answers)}, and does not blame the address`, async () => {
    const { url } = await server(answers)
    await expect(send(url)).rejects.toThrow(MailServerError)
  })

it('keeps the address out of the error that reaches the log', async () => {
  const { url } = await server({ rcpt: { code: 450, message: '4.2.0 <taro@example.jp> greylisted' } })
  await expect(send(url)).rejects.toThrow('<the recipient> greylisted')
})

it('I-04 tries again where nobody listens', async () => {
  await expect(send('smtp://127.0.0.1:20419')).rejects.toThrow(MailServerError)
})

it('I-04 sends mails that follow each other over one connection, and over a new one where the server has ended it', async () => {
  const { url, taken, connections, endConnections } = await server({})
  const mailer = createMailer({ url, from: 'no-reply@bank.example', host: 'portal.example' })
  const next = (id: string) => mailer.send({ id, to: 'taro@example.jp', letter, at })
  try {
    for (const id of ['one', 'two', 'three']) expect(await next(id)).toMatchObject({ ok: true })
    expect(connections()).toBe(1)
    await endConnections()
    expect(await next('four')).toMatchObject({ ok: true })
    expect(connections()).toBe(2)
    expect(taken.map(raw => /^Message-ID: <(.+)@/m.exec(raw)?.[1])).toEqual(['one', 'two', 'three', 'four'])
  } finally {
    mailer.close()
  }
})

it('I-05 lets no address add a header or a recipient', async () => {
  const { url, taken } = await server({})
  for (const to of ['taro@example.jp\r\nX-Added: yes', 'taro@example.jp, hanako@example.jp'])
    await send(url, to).catch(() => {})
  for (const raw of taken) {
    expect(raw).not.toMatch(/^X-Added/m)
    expect(raw).not.toMatch(/^To: .*,/m)
  }
})
