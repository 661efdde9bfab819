import { z } from 'zod'

/** A kind of thing that gets into the history: its operation's name and the exact shape of its details. */
export type AuditEvent<S extends z.ZodObject = z.ZodObject> = { operation: string; details: S }

const defined = new Map<string, AuditEvent>()
const details = new Map<string, Set<string>>()

const operationShape = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/
const secretName = /passwor|passphrase|passcode|secret|token|pkcs12|private|seed|otp|credential|hash/i
const codeName = /(^|[a-z0-9])code$/i
/** Codes that everybody may read. */
const publicCodes = new Set(['branchCode', 'bankCode', 'serviceCode', 'permissionCode', 'reasonCode'])

const namesSecret = (key: string) => secretName.test(key) || (codeName.test(key) && !publicCodes.has(key))

/**
 * Declares an event, in a feature's `events.ts`. `operation` is its name in the bank's words (`user.registered`; its
 * text is `operations:<operation>` in the locales); `details` is a strict zod object: `before` and `after` for a change, and what
 * else a reader needs to understand it (F-02).
 *
 * Throws while the program loads, so that it can't slip through: when the name is taken or malformed, when the object or one inside it
 * is not strict or takes anything at all, and when a key is named like a secret and could hold one. A flag or one of a few fixed words
 * may be named after a secret (`passwordReset: true`); a text or number may not.
 */
export const defineEvent = <S extends z.ZodObject>(operation: string, shape: S): AuditEvent<S> => {
  if (!operationShape.test(operation)) throw new Error(`audit: ${operation} is not an operation's name`)
  if (defined.has(operation)) throw new Error(`audit: ${operation} is defined twice`)
  inspect(operation, shape)
  const event = { operation, details: shape }
  defined.set(operation, event)
  return event
}

/**
 * The names in the details of all events that loaded features have defined, each with the fixed words it may hold: what
 * a page that shows details must be able to say (`history.details.<name>`, `history.values.<name>.<word>`).
 */
export const knownDetails = (): ReadonlyMap<string, ReadonlySet<string>> => details

/** The operations of all events that loaded features have defined, in the order of their names. */
export const knownOperations = (): string[] => [...defined.keys()].sort()

const inspect = (path: string, schema: z.core.$ZodType): void => {
  if (schema instanceof z.ZodObject) {
    if (!(schema.def.catchall instanceof z.ZodNever))
      throw new Error(`audit: ${path} is not a strict object: write z.strictObject({ … })`)
    for (const [key, value] of Object.entries(schema.shape)) {
      if (namesSecret(key) && !holdsFixedWordsOnly(value))
        throw new Error(`audit: ${path}.${key} is named like a secret; history never holds one (F-02)`)
      const words = details.get(key) ?? new Set()
      details.set(key, words)
      for (const word of fixedWordsOf(value)) words.add(word)
      inspect(`${path}.${key}`, value)
    }
    return
  }
  if (schema instanceof z.ZodAny || schema instanceof z.ZodUnknown)
    throw new Error(`audit: ${path} takes anything: say what it is`)
  for (const inner of innerOf(schema)) inspect(path, inner)
}

const innerOf = (schema: z.core.$ZodType): readonly z.core.$ZodType[] => {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return [schema.def.innerType]
  if (schema instanceof z.ZodArray) return [schema.def.element]
  if (schema instanceof z.ZodRecord) return [schema.def.keyType, schema.def.valueType]
  if (schema instanceof z.ZodTuple) return schema.def.items
  if (schema instanceof z.ZodUnion) return schema.def.options
  return []
}

const fixedWordsOf = (schema: z.core.$ZodType): string[] => {
  if (schema instanceof z.ZodEnum) return Object.values(schema.def.entries).map(String)
  if (schema instanceof z.ZodLiteral) return schema.def.values.filter(value => typeof value === 'string')
  return schema instanceof z.ZodObject ? [] : innerOf(schema).flatMap(fixedWordsOf)
}

const holdsFixedWordsOnly = (schema: z.core.$ZodType): boolean => {
  if (schema instanceof z.ZodBoolean || schema instanceof z.ZodLiteral || schema instanceof z.ZodEnum)
    return true
  const inner = innerOf(schema)
  return inner.length > 0 && !(schema instanceof z.ZodRecord) && inner.every(holdsFixedWordsOnly)
}
