import { defineConfig } from 'prisma/config'

// The CLI would fetch a schema engine from outside npm even to generate; migrations run through the
// WebAssembly engine instead (src/platform/db/migrate.ts), so any executable satisfies it.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath

export default defineConfig({ schema: 'schema' })
