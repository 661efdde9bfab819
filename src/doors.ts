import { buildApp } from './app.ts'
import type { Deps } from './deps.ts'
import { issuerCertificates, watchIssuers } from './features/authorities/index.ts'
import { watchEnded } from './features/certificates/index.ts'
import { StartError } from './platform/start-error.ts'
import { closeListener, createCertificateListener, watchUnused } from './platform/tls/listeners.ts'

export type Doors = { app: Awaited<ReturnType<typeof buildApp>>; close(): Promise<void> }

/** Both TLS listeners with the portal behind them: the portal's own, and the one that asks for certificates. */
export const openDoors = async (deps: Deps, tls: { key: string; cert: string }): Promise<Doors> => {
  const { settings } = deps
  const app = await buildApp(deps, tls)
  await app.ready()
  const certificates = createCertificateListener({
    key: tls.key,
    cert: tls.cert,
    clientCas: await issuerCertificates(deps),
    clock: deps.clock,
    handle: (request, response) => app.routing(request, response),
    like: app.server,
  })
  deps.connections = certificates.connections
  await watchEnded(deps, certificates.connections)
  await watchIssuers(deps, certificates.trust)
  const endUnused = [app.server, certificates.server].map(watchUnused)
  const close = async () => {
    for (const end of endUnused) end()
    await Promise.all([app.close(), closeListener(app.server), closeListener(certificates.server)])
  }
  try {
    await listen(certificates.server, settings.certPort, settings.listenHost, 'CERT_PORT')
    await app
      .listen({ port: settings.portalPort, host: settings.listenHost, listenTextResolver: () => 'listening' })
      .catch(error => Promise.reject(listenError(error, settings.portalPort, 'PORTAL_PORT')))
  } catch (error) {
    await close()
    throw error
  }
  return { app, close }
}

type Listening = {
  once(event: 'error', handler: (error: Error) => void): unknown
  listen(port: number, host: string, done: () => void): unknown
}

/** Listens, or refuses with the sentence that says which setting to change. */
export const listen = (server: Listening, port: number, host: string, variable: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', error => reject(listenError(error, port, variable)))
    server.listen(port, host, () => resolve())
  })

/** What a person must know when a port can't be had. */
export const listenError = (error: unknown, port: number, variable: string): Error => {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE')
    return new StartError(
      `Port ${port} is in use: end the program that uses it, or set ${variable} to another.`,
    )
  if (code === 'EACCES')
    return new StartError(`This user may not listen on port ${port}: set ${variable} to one above 1023.`)
  return error as Error
}
