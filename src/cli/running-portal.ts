import { get } from 'node:http'
import type { Settings } from '../platform/settings.ts'

/** How the portal of these settings runs already: it serves, or it answers and its database does not. */
export type RunningPortal = 'serves' | 'waits'

const patience = 2_000

/**
 * Looks for a portal of these settings that runs at this moment: what answers at its port in the clear leads to its address.
 * Undefined where nobody does, or another program.
 */
export const findRunning = async ({
  portalOrigin,
  httpPort,
  listenHost,
}: Pick<Settings, 'portalOrigin' | 'httpPort' | 'listenHost'>): Promise<RunningPortal | undefined> => {
  const host = listenHost === '0.0.0.0' ? '127.0.0.1' : listenHost === '::' ? '::1' : listenHost
  const asked = (path: string) => ask(host, httpPort, path)
  const signpost = await asked('/')
  if (signpost?.location !== `${portalOrigin}/`) return undefined
  return (await asked('/readyz'))?.status === 200 ? 'serves' : 'waits'
}

const ask = (
  host: string,
  port: number,
  path: string,
): Promise<{ status: number | undefined; location: string | undefined } | undefined> =>
  new Promise(resolve => {
    const request = get({ host, port, path, agent: false, timeout: patience }, response => {
      response.resume()
      resolve({ status: response.statusCode, location: response.headers.location })
    })
    request.once('timeout', () => request.destroy())
    request.once('error', () => resolve(undefined))
  })
