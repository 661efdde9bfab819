/** The database could not be made ready; the message is one sentence for the person at the terminal, with its remedy. */
export class DatabaseStartError extends Error {}
