/** The program can't start, or a command can't run: the message is one sentence, with its remedy, for a person. */
export class StartError extends Error {}
