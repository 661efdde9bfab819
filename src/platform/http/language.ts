import type {} from '@fastify/cookie'
import type { FastifyContextConfig, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import { defaultLanguage, isLanguage, type Language } from '../i18n.ts'
import { safePath } from './return-path.ts'

/**
 * The reader's language lives in a cookie of its own, set by `POST /language`: GET stays pure, every address stays
 * the same in both languages, and it survives logout. It says nothing about anybody, so it needs no session.
 * A redirect to another host (B-03: each certificate login has its own) carries `?lang=en` along; the page that
 * receives it hands it to `keepLanguage`.
 */
const cookieName = '__Host-lang'

/** `?lang=` for this one page, else the cookie, else Japanese (I-01: Japanese first, whatever the browser says). */
export const languageOf = (request: FastifyRequest): Language => {
  const { lang } = (request.query ?? {}) as { lang?: unknown }
  if (isLanguage(lang)) return lang
  const kept = request.cookies?.[cookieName]
  return isLanguage(kept) ? kept : defaultLanguage
}

/** Remembers the language for a year on this host. */
export const keepLanguage = (reply: FastifyReply, language: Language): FastifyReply =>
  reply.setCookie(cookieName, language, {
    path: '/',
    secure: true,
    httpOnly: true,
    sameSite: 'lax',
    maxAge: 365 * 24 * 60 * 60,
  })

export type LanguageOptions = {
  config: FastifyContextConfig
  /** Told of each choice, whoever makes it: what is written to somebody later follows it. */
  chosen?: (request: FastifyRequest, language: Language) => Promise<void>
}

/** `POST /language` with `lang` and `back` (the page's own path): sets the cookie and goes back. */
const language: FastifyPluginAsync<LanguageOptions> = async (app, options) => {
  app.post('/language', { config: options.config }, async (request, reply) => {
    const { lang, back } = (request.body ?? {}) as { lang?: unknown; back?: unknown }
    if (isLanguage(lang)) {
      keepLanguage(reply, lang)
      await options.chosen?.(request, lang)
    }
    // A page may have been asked for with `?lang=`: it must not win over what was just chosen.
    const target = new URL(safePath(back), 'https://portal.invalid')
    target.searchParams.delete('lang')
    return reply.redirect(target.pathname + target.search, 303)
  })
}

export default plugin(language, { name: 'language' })
