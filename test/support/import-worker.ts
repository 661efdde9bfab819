import { join } from 'node:path'
import { startUserImportWork } from '../../src/jobs/user-import.ts'
import { createTranslations } from '../../src/platform/i18n.ts'
import { readSettings } from '../../src/platform/settings.ts'
import { openWorld } from '../../src/world.ts'

/** A program that works on files of users until it is killed: for tests that kill it. */
const { deps } = await openWorld(readSettings(process.env), { worker: true })
const translations = createTranslations({
  root: join(import.meta.dirname, '../../locales'),
  onMissingKey: (language, key) => {
    throw new Error(`There is no text ${key} in ${language}`)
  },
})
process.stdout.write('at work\n')
await startUserImportWork(deps, translations)
