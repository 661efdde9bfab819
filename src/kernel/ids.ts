/** Makes UUIDv7: sortable by the time they were made, unguessable enough to be named in URLs, never a secret. */
export type Ids = { next(): string }

const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Whether a text from outside can be an id at all; whether it is one of ours only a scoped query tells. */
export const isId = (text: string): boolean => shape.test(text)
