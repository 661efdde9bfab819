import { type Agent, request } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { sql } from '../../support/database.ts'
import { certDomain, type Front } from '../../support/front.ts'
import type { Visitor } from '../../support/visitor.ts'

/** The front that these tests share, and somebody who is logged in behind it. */
export type Behind = { front: Front; master: Visitor }

export const certificateHost = (label = 'abc') => `${label}.${certDomain}`

export const at = (front: Front, host: string, path: string) => `https://${host}:${front.httpsPort}${path}`

/** How many tries were refused for this reason. */
export const refusals = (front: Front, reason: string): Promise<number> =>
  sql<{ count: number }>(
    front.database.ownerUrl,
    `SELECT count(*)::int AS count FROM history WHERE reason = '${reason}'`,
  ).then(rows => rows[0]?.count ?? 0)

/** One request and its status, over an agent's own connections. */
export const statusOver = (
  front: Front,
  agent: Agent,
  host: string,
  path: string,
  headers: Record<string, string | string[]>,
): Promise<number> =>
  new Promise((resolve, reject) => {
    const asked = request(
      {
        ...{ agent, host: '127.0.0.1', port: front.httpsPort, servername: host, path },
        headers: { host: `${host}:${front.httpsPort}`, ...headers },
      },
      answer => {
        if ((answer.socket as TLSSocket).isSessionReused()) reject(new Error('a session was resumed'))
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode ?? 0))
      },
    )
    asked.on('error', reject)
    asked.end()
  })
