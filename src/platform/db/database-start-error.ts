import { StartError } from '../start-error.ts'

/** The database can't be started, reached or migrated. The message says why and what to do. */
export class DatabaseStartError extends StartError {}
