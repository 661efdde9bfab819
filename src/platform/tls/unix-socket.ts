import { chmod, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { StartError } from '../start-error.ts'

/** Whether somebody answers at a Unix socket; one that is left over from a killed program refuses. */
const answers = (path: string): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

/**
 * Listens on a Unix socket for the program's user and its group: who may enter the folder beyond that is its owner's
 * to say. Takes the place of a socket that nobody listens on any more; refuses where another program does, or where
 * the folder is missing or not to be written to.
 */
export const listenOnSocket = async (server: Server, path: string, variable: string): Promise<void> => {
  if (await answers(path))
    throw new StartError(
      `Another program listens on ${path}: give each copy a socket of its own in ${variable}.`,
    )
  await rm(path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => {
      const { code } = error as NodeJS.ErrnoException
      const known = code === 'EACCES' || code === 'ENOENT' || code === 'ENOTDIR'
      reject(
        known
          ? new StartError(
              `${dirname(path)} is missing or not open to this user: make it, for the program's user and nginx's group alone, or set ${variable}.`,
              { cause: error },
            )
          : error,
      )
    })
    server.listen(path, resolve)
  })
  // Made by a umask that leaves out the group: until here nobody but the program's user could speak.
  await chmod(path, 0o660)
}
