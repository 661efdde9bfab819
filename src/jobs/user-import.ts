import type { Deps } from '../deps.ts'
import { type ImportJob, importQueue, resumeImports, workOnImport } from '../features/user-csv/index.ts'
import { presetOf } from '../platform/db/preset-of.ts'
import { languages, type Translate, type Translations } from '../platform/i18n.ts'

/**
 * Checks and registers files of users in this program (D-13), one at a time: pages come first. What a stopped program
 * has left is taken up at the start.
 */
export const startUserImportWork = async (deps: Deps, translations: Translations): Promise<void> => {
  await deps.jobs.work<ImportJob>(importQueue, {}, async ({ data }) =>
    workOnImport(deps, await spokenIn(deps, translations, data.importId), data),
  )
  const resumed = await resumeImports(deps, 0)
  if (resumed > 0) deps.log.info({ imports: resumed }, 'Files of users that were cut off are taken up again')
}

/** The words in which a file may be written: those of its company's preset, as its pages and exports say them, and the usual ones. */
const spokenIn = async (
  { db }: Deps,
  translations: Translations,
  importId: string,
): Promise<readonly Translate[]> => {
  const file = await db.userImport.findUnique({ where: { id: importId }, select: { companyId: true } })
  const preset = await presetOf(db, file?.companyId ?? null)
  return [preset, undefined].flatMap(each => languages.map(language => translations(language, each)))
}
