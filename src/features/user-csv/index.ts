export { removeOldImports } from './imports.ts'
export { type ImportJob, importQueue } from './queue.ts'
export { userCsvRoutes } from './routes.ts'
export { resumeImports, workOnImport } from './work.ts'
