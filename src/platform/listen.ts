import { StartError } from './start-error.ts'

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
