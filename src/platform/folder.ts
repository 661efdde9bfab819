import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it that are missing. Node's own way (`recursive`) never comes back where a folder that
 * exists says that it doesn't, as those in /proc do; here that is an error like any other.
 */
export const makeFolder = async (path: string, mode = 0o777): Promise<void> => {
  if (await isFolder(path)) return
  const above = dirname(path)
  if (above !== path && !(await isFolder(above))) await makeFolder(above, mode)
  await mkdir(path, { mode }).catch(async error => {
    // Another program may have been quicker.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !(await isFolder(path))) throw error
  })
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    found => found.isDirectory(),
    () => false,
  )
