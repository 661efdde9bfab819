import { describe, expect, it } from 'vitest'
import { featureCycles, importRefusals } from './imports.ts'
import { parse, sourcesUnder } from './source.ts'

const refusals = (path: string, text: string) => importRefusals(parse(path, text))

describe('imports', () => {
  it('keep to the directions', () => {
    expect(sourcesUnder('src').flatMap(importRefusals)).toEqual([])
  })

  it('between features make no circle', () => {
    expect(featureCycles(sourcesUnder('src/features'))).toEqual([])
  })

  it.each([
    ['src/kernel/money.ts', "import { readFileSync } from 'node:fs'"],
    ['src/kernel/money.ts', "import type { Settings } from '../platform/settings.ts'"],
    ['src/policy/presets.ts', "import { t } from '../platform/i18n.ts'"],
    ['src/platform/http/guard.ts', "import { sessionStore } from '../../features/sessions/index.ts'"],
    ['src/platform/mail/letter.ts', "export * from '../../policy/presets.ts'"],
    ['src/features/users/commands.ts', "import { endOf } from '../sessions/session.ts'"],
    ['src/features/users/commands.ts', "const late = await import('../sessions/commands.ts')"],
    ['src/features/users/commands.ts', "import type { FastifyInstance } from 'fastify'"],
    ['src/features/users/user.ts', "import fastifyView from '@fastify/view'"],
    ['src/features/users/user.ts', "import type { User } from '../../generated/prisma/client.ts'"],
    ['src/features/users/routes.admin.ts', "import { Prisma } from '@prisma/client'"],
    ['src/audiences/admin.ts', "import { findUser } from '../features/users/queries.ts'"],
    ['src/features/users/user.ts', "import { UserState } from '../../generated/prisma/enums.ts'"],
    ['src/jobs/mail.ts', "import { rename } from '../features/users/commands.ts'"],
    ['src/deps.ts', "import type { Login } from './features/login/index.ts'"],
  ])('of %s by %s are refused', (path, text) => {
    expect(refusals(path, text)).toHaveLength(1)
  })

  it.each([
    ['src/features/users/commands.ts', "import { endSession } from '../sessions/index.ts'"],
    ['src/features/users/commands.ts', "import { Prisma } from '../../generated/prisma/client.ts'"],
    ['src/features/users/routes.admin.ts', "import type { FastifyInstance } from 'fastify'"],
    ['src/features/users/user.ts', "import { yen } from '../../kernel/money.ts'"],
    ['src/audiences/admin.ts', "import { routes } from '../features/users/routes.admin.ts'"],
    ['src/platform/db/client.ts', "import pg from 'pg'"],
    ['src/features/users/user.ts', "import type { UserState } from '../../generated/prisma/enums.ts'"],
    ['src/jobs/mail-kinds.ts', "import { MailUserRegistered } from '../features/users/mails.ts'"],
  ])('of %s by %s are fine', (path, text) => {
    expect(refusals(path, text)).toEqual([])
  })

  it('in a circle between features are found', () => {
    const sources = [
      parse('src/features/a/index.ts', "import { b } from '../b/index.ts'"),
      parse('src/features/b/index.ts', "import { c } from '../c/index.ts'"),
      parse('src/features/c/index.ts', "import { a } from '../a/index.ts'"),
    ]
    expect(featureCycles(sources)).toEqual(['a → b → c → a'])
  })
})
