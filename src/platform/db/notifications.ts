import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { BaseLogger } from 'pino'
import type { Tx } from './client.ts'

export type NotificationHandler = {
  /** What another transaction, of this program or another copy of it, has told by committing. */
  heard: (text: string) => void
  /** Called when listening begins, and begins again after the connection was lost: something may have gone unheard. */
  begun: () => Promise<void> | void
}

/** Word that passes between all copies of the program through the database; told by the commit of a transaction. */
export type Notifications = {
  /** Listens for as long as the program runs, over one connection of its own, which is made again when it is lost. */
  listen(channel: string, handler: NotificationHandler): Promise<void>
  close(): Promise<void>
}

/** Longest pause between two tries to listen again, in milliseconds. */
const longestPause = 5_000

/** Opens what the copies of the program tell each other by. The connection is made at the first `listen`. */
export const openNotifications = (options: { url: string; log: Pick<BaseLogger, 'warn'> }): Notifications => {
  const handlers = new Map<string, NotificationHandler[]>()
  let client: pg.Client | undefined
  let connecting: Promise<void> | undefined
  let closed = false

  const connect = async (): Promise<void> => {
    const fresh = new pg.Client({
      connectionString: options.url,
      connectionTimeoutMillis: 2_500,
      keepAlive: true,
      application_name: 'sekisho-notifications',
    })
    fresh.on('notification', ({ channel, payload }) => {
      for (const { heard } of handlers.get(channel) ?? []) heard(payload ?? '')
    })
    fresh.on('error', () => undefined)
    await fresh.connect()
    fresh.once('end', () => {
      if (client !== fresh) return
      client = undefined
      if (closed) return
      options.log.warn('The connection that notifications come by was lost')
      void reconnect()
    })
    for (const channel of handlers.keys()) await fresh.query(`LISTEN ${fresh.escapeIdentifier(channel)}`)
    client = fresh
    for (const each of [...handlers.values()].flat()) await each.begun()
  }

  const reconnect = async (): Promise<void> => {
    for (let wait = 100; !closed && !client; wait = Math.min(wait * 2, longestPause)) {
      await pause(wait, undefined, { ref: false })
      if (closed) return
      await connect().catch(err => options.log.warn({ err }, 'Notifications can not be listened for yet'))
    }
  }

  return {
    listen: async (channel, handler) => {
      await connecting
      handlers.set(channel, [...(handlers.get(channel) ?? []), handler])
      if (client) {
        await client.query(`LISTEN ${client.escapeIdentifier(channel)}`)
        await handler.begun()
        return
      }
      connecting = connect()
      await connecting
    },
    close: async () => {
      closed = true
      await connecting?.catch(() => undefined)
      const open = client
      client = undefined
      await open?.end()
    },
  }
}

/** Tells every copy of the program, this one too, once the transaction commits and only then. */
export const notify = async (tx: Tx, channel: string, text: string): Promise<void> => {
  await tx.$executeRaw`SELECT pg_notify(${channel}, ${text})`
}
