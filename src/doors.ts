import { buildApp } from './app.ts'
import type { Deps } from './deps.ts'
import { issuerCertificates, watchIssuers } from './features/authorities/index.ts'
import { watchEnded } from './features/certificates/index.ts'
import { listen, listenError } from './platform/listen.ts'
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
