import { randomBytes } from 'node:crypto'
import { chmod, open, readFile, rename } from 'node:fs/promises'

/** Writes a file so that nobody ever sees half of it, nor a private key that others could read even for a moment. */
export const writeWhole = async (file: string, content: string | Uint8Array, mode: number): Promise<void> => {
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`
  {
    await using handle = await open(draft, 'wx', mode)
    await handle.writeFile(content)
    await handle.sync()
  }
  await chmod(draft, mode)
  await rename(draft, file)
}

/** The same, unless the file says so already. True when it was written. */
export const writeWholeIfNew = async (file: string, text: string, mode: number): Promise<boolean> => {
  if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return false
  await writeWhole(file, text, mode)
  return true
}
