/** The part of autocannon (which comes without types) that the benches use. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events'
  import type { ConnectionOptions } from 'node:tls'

  /** One connection. `setupClient` gets it before it connects, so that each can hold a certificate of its own. */
  export type Client = EventEmitter & {
    opts: { tlsOptions: ConnectionOptions; servername?: string }
    setHeaders(headers: Record<string, string>): void
  }

  export type Options = {
    url: string
    connections: number
    /** whole seconds */
    duration: number
    /** requests a second over all connections; as many as can be unless given */
    overallRate?: number
    setupClient?: (client: Client) => void
    /** what each connection asks for, in turn and again from the first; `GET` of the url unless given */
    requests?: Request[]
  }

  export type Request = {
    method?: 'GET' | 'POST'
    path: string
    headers?: Record<string, string>
    body?: Buffer
  }

  /** `errors` counts connections that failed and requests that timed out, `non2xx` answers that were no page. */
  export type Result = {
    errors: number
    non2xx: number
    /** answers a second, by the second */
    requests: { average: number }
    /** milliseconds */
    latency: { p50: number; p99: number }
  }

  export default function autocannon(options: Options): PromiseLike<Result>
}
