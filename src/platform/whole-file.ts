import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, open, readFile, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

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

/**
 * Writes a new file part by part, and gives its SHA-256 (hexadecimal) once it is on the disk and was read from there again:
 * what is taken away elsewhere because it stands in this file must stand in it. Throws where the file exists; where it
 * can't be written whole (a full disk), it is removed first.
 */
export const writeInParts = async (
  path: string,
  parts: AsyncIterable<string>,
  mode: number,
): Promise<string> => {
  const digest = createHash('sha256')
  await using file = await open(path, 'wx', mode)
  try {
    for await (const part of parts) {
      digest.update(part)
      await file.appendFile(part)
    }
    await file.sync()
    await using folder = await open(dirname(path), 'r')
    await folder.sync()
    const written = digest.digest('hex')
    if ((await digestOf(path)) !== written) throw new Error(`${path} does not hold what was written to it.`)
    return written
  } catch (error) {
    await unlink(path)
    throw error
  }
}

const digestOf = async (path: string): Promise<string> => {
  const digest = createHash('sha256')
  for await (const part of createReadStream(path)) digest.update(part as Buffer)
  return digest.digest('hex')
}
