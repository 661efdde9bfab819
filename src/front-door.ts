import { dirname, join } from 'node:path'
import { buildApp } from './app.ts'
import type { Deps } from './deps.ts'
import type { Doors } from './doors.ts'
import { frontTrust, watchIssuers } from './features/authorities/index.ts'
import { createFrontListener } from './platform/tls/front.ts'
import { closeListener } from './platform/tls/listeners.ts'
import { listenOnSocket } from './platform/tls/unix-socket.ts'
import { writeWholeIfNew } from './platform/whole-file.ts'

/** How often the issuers and their lists are looked at, in milliseconds: what is written is nginx's second line. */
const trustAge = 5_000

/**
 * The portal behind nginx: one Unix socket for both kinds of hosts, and beside it the files that nginx checks
 * certificates by, `issuers.pem` and `crl.pem`, written whole whenever they change. Every copy writes the same.
 */
export const openFrontDoor = async (deps: Deps, socket: string): Promise<Doors> => {
  const folder = dirname(socket)
  const app = await buildApp(deps)
  await app.ready()
  const first = await frontTrust(deps)
  const front = createFrontListener({
    issuers: first.issuers,
    clock: deps.clock,
    handle: (request, response) => app.routing(request, response),
    like: app.server,
  })
  await listenOnSocket(front.server, socket, 'FRONT_SOCKET')

  const publish = async ({ authorities, revocationLists }: typeof first) => {
    await writeWholeIfNew(join(folder, 'issuers.pem'), authorities.join(''), 0o644)
    // nginx takes no empty list: until the first is signed it waits for the file.
    if (revocationLists.length > 0)
      await writeWholeIfNew(join(folder, 'crl.pem'), revocationLists.join(''), 0o644)
  }
  await publish(first)
  await watchIssuers(deps, front.trust)
  let refreshing: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    refreshing = refreshing
      .then(async () => publish(await frontTrust(deps)))
      .catch(err =>
        deps.log.warn({ err }, "The front's issuers and lists could not be looked at; tried again soon"),
      )
  }, trustAge)
  timer.unref()
  return {
    app,
    close: async () => {
      clearInterval(timer)
      await refreshing
      await Promise.all([closeListener(front.server), app.close()])
    },
  }
}
