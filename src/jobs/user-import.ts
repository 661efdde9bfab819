import type { Deps } from '../deps.ts'
import { type ImportJob, importQueue, resumeImports, workOnImport } from '../features/user-csv/index.ts'
import { type Language, languages, type Translate } from '../platform/i18n.ts'

/**
 * Checks and registers files of users in this program (D-13), one at a time: pages come first. What a stopped program
 * has left is taken up at the start.
 */
export const startUserImportWork = async (
  deps: Deps,
  translations: (language: Language) => Translate,
): Promise<void> => {
  const spoken = languages.map(translations)
  await deps.jobs.work<ImportJob>(importQueue, {}, ({ data }) => workOnImport(deps, spoken, data))
  const resumed = await resumeImports(deps, 0)
  if (resumed > 0) deps.log.info({ imports: resumed }, 'Files of users that were cut off are taken up again')
}
