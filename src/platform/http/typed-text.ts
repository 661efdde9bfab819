import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { FieldError } from './view.ts'

/** Longer than anything that is typed; a word of the pages says it too (`reasons.login.tooLong`). */
export const longestTyped = 1_024

/** A field of a page before login: what is not one text counts as blank, what is too long does not. */
export const typedText = z.string().catch('')

/** Says at its field which text is too long to be looked at at all: it would be called blank or wrong otherwise. */
export const tooLongFields = (request: FastifyRequest, fields: Record<string, unknown>): FieldError[] =>
  Object.entries(fields).flatMap(([field, text]) =>
    typeof text === 'string' && text.length > longestTyped
      ? [{ field, message: request.t('reasons.login.tooLong') }]
      : [],
  )
