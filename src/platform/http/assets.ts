import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyContextConfig, FastifyPluginAsync, FastifyReply } from 'fastify'
import plugin from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** Address of a file below `public/`, such as `js/portal.js`; changes when any such file changes. */
    asset: (name: string) => string
  }
}

/** One name for the state of all files but the fonts, whose own names already tell their content. */
const releaseOf = (root: string): string => {
  const hash = createHash('sha256')
  for (const file of readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.name.endsWith('.woff2'))
    .map(entry => join(entry.parentPath, entry.name))
    .sort())
    hash.update(file.slice(root.length)).update(readFileSync(file))
  return hash.digest('hex').slice(0, 12)
}

export type AssetsOptions = {
  /** The folder `public`, absolute. */
  root: string
  /** False while developing: files are then asked for again each time. */
  cache: boolean
  /** The route's configuration: its policy (no route boots without one). */
  config: FastifyContextConfig
}

/**
 * Serves `public/` at `/assets/`. Pages name files by `app.asset(name)` → `/assets/<release>/<name>`, so that
 * browsers may keep them for a year; a style sheet and the scripts it comes with always match. Fonts live at
 * `/assets/fonts/<name with hash>` and survive releases. Give it before the view plugin.
 */
const assets: FastifyPluginAsync<AssetsOptions> = async (app, options) => {
  if (!existsSync(join(options.root, 'build/main.css')))
    throw new Error('public/build/main.css is missing: run `npm run generate`')
  const release = releaseOf(options.root)
  await app.register(fastifyStatic, {
    root: options.root,
    serve: false,
    preCompressed: true,
    index: false,
    dotfiles: 'deny',
  })
  app.decorate('asset', name => `/assets/${release}/${name}`)
  // Public files, read by pages of every certificate host: scripts and fonts of another origin need the first, style
  // sheets and images, where helmet says same-origin, the second.
  const readable = (reply: FastifyReply) =>
    reply.header('access-control-allow-origin', '*').header('cross-origin-resource-policy', 'cross-origin')
  const year = { maxAge: '365d', immutable: true } as const
  const minute = { maxAge: '1m' } as const

  app.get<{ Params: { '*': string } }>(
    '/assets/fonts/*',
    { config: options.config, logLevel: 'warn' },
    (request, reply) => readable(reply).sendFile(`build/fonts/${request.params['*']}`, year),
  )
  app.get<{ Params: { release: string; '*': string } }>(
    '/assets/:release/*',
    { config: options.config, logLevel: 'warn' },
    // Another release's page may still be open: it gets today's file, but must not keep it.
    (request, reply) =>
      readable(reply).sendFile(
        request.params['*'],
        options.cache && request.params.release === release ? year : minute,
      ),
  )
}

export default plugin(assets, { name: 'assets' })
