/** The queue of files on their way in (D-13). */
export const importQueue = 'user-import'

/** A step with a file: its check, the registration of what is in it, or what follows a registration. */
export type ImportJob = { importId: string; step: 'check' | 'register' }
