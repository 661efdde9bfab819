import type { Readable } from 'node:stream'
import multipart, { type MultipartFields } from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'

/** A file on its way in: its bytes come as they are read; `truncated` says after the last that there were more. */
export type Upload = { fileName: string; content: Readable & { truncated?: boolean } }

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Takes one file of at most so many bytes, by a form of type multipart/form-data whose fields come before it. */
    uploadBytes?: number
  }
  interface FastifyRequest {
    /** The file of such a form; null where it has none. Reading it is the handler's. */
    upload: Upload | null
  }
}

/** The parts of a form beside its file: boundaries, headings, a few fields. */
const besides = 64 * 1024

const errorOf = (statusCode: number, message: string) => Object.assign(new Error(message), { statusCode })

/**
 * Reads forms that carry a file, on routes that say so and on no others. Their fields are the request's body before a
 * byte of the file is taken, so that the guard looks at the token and at them as it does with every form (CSRF). Register
 * it before the guard.
 */
export const uploads = plugin(async (app: FastifyInstance) => {
  await app.register(multipart, {
    throwFileSizeLimit: false,
    limits: { files: 1, fields: 10, parts: 11, fieldNameSize: 100, fieldSize: 4_096, headerPairs: 50 },
  })
  app.decorateRequest('upload', null)
  app.addHook('preValidation', async (request, reply) => {
    if (!request.isMultipart()) return
    const { uploadBytes } = request.routeOptions.config
    // What is not to be read at all keeps no connection: its bytes would be taken for the next request.
    const leave = (statusCode: number, message: string) => {
      reply.header('connection', 'close')
      throw errorOf(statusCode, message)
    }
    if (uploadBytes === undefined) return leave(415, 'This route takes no file')
    if (Number(request.headers['content-length'] ?? 0) > uploadBytes + besides)
      return leave(413, 'The form is longer than the route takes')
    // Forms cut off in the middle, or without boundaries: the sender's doing, whatever the parser throws.
    const part = await request.file({ limits: { fileSize: uploadBytes } }).catch(error => {
      throw Object.assign(errorOf(400, 'The form can’t be read'), { cause: error })
    })
    const sendersDoing = (error: Error) => Object.assign(error, { statusCode: 400 })
    part?.file.once('error', sendersDoing)
    if (part?.file.errored) sendersDoing(part.file.errored)
    request.body = fieldsOf(part?.fields ?? {})
    request.upload = part ? { fileName: part.filename ?? '', content: part.file } : null
  })
  // A file that nobody wants any more is read to its end by nobody: the browser would wait for us to.
  app.addHook('onSend', async request => {
    drop(request)
  })
})

const drop = ({ upload }: FastifyRequest): void => {
  if (upload && !upload.content.readableEnded) upload.content.resume()
}

const fieldsOf = (fields: MultipartFields): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, part]) =>
      part && !Array.isArray(part) && part.type === 'field' && typeof part.value === 'string'
        ? [[name, part.value]]
        : [],
    ),
  )
