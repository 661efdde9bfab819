import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { claimsIn } from './services.ts'

/** Where a service is told that its user's session has ended (G-05). */
export type BackChannel = {
  /** for `contractFor({ backchannelLogoutUri })` */
  uri: string
  /** What it has taken word of, oldest first: the claims of each logout token. */
  told: Record<string, unknown>[]
  /** What it has taken word of since this was last asked. */
  news(): Record<string, unknown>[]
  /** What it answers from now on; word that it refuses is not told. */
  answerWith(status: number): void
  close(): void
}

export const openBackChannel = async (): Promise<BackChannel> => {
  const told: Record<string, unknown>[] = []
  let status = 200
  const listener = createServer(async (request, response) => {
    const token = new URLSearchParams(await text(request)).get('logout_token') ?? ''
    if (status === 200) told.push(claimsIn(token))
    response.writeHead(status).end()
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  return {
    uri: `http://127.0.0.1:${port}/backchannel-logout`,
    told,
    news: () => told.splice(0),
    answerWith: next => {
      status = next
    },
    close: () => listener.close(),
  }
}
