import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { queues } from '../../../../src/jobs/queues.ts'
import { diffMigration, migrate, pendingMigrations } from '../../../../src/platform/db/migrate.ts'
import { emptyDatabase, freshDatabase, sql, type TestDatabase } from '../../../support/database.ts'
import { until } from '../../../support/until.ts'

const log = pino({ level: 'silent' })
const project = join(import.meta.dirname, '..', '..', '..', '..', 'prisma')

let database: TestDatabase
let folder: string
beforeEach(async () => {
  database = await emptyDatabase()
  folder = await mkdtemp(join(tmpdir(), 'sekisho-migrations-'))
})
afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const write = async (name: string, script: string) => {
  await mkdir(join(folder, name), { recursive: true })
  await writeFile(join(folder, name, 'migration.sql'), script)
}

describe('migrations', () => {
  it('are applied once, however often and by however many copies they are started', async () => {
    const copies = await Promise.all([1, 2, 3].map(() => migrate(database, { log, queues })))
    expect(copies.filter(applied => applied.length > 0)).toHaveLength(1)
    expect(await migrate(database, { log, queues })).toEqual([])
    expect(await pendingMigrations(database.appUrl)).toEqual([])
    const [row] = await sql<{ failed: string }>(
      database.ownerUrl,
      'select count(*) as failed from _prisma_migrations where finished_at is null',
    )
    expect(row?.failed).toBe('0')
  })

  it('ask for one role only where one address is given', async () => {
    const one = { ownerUrl: database.ownerUrl, appUrl: database.ownerUrl }
    await migrate(one, { log, queues })
    expect(await migrate(one, { log, queues })).toEqual([])
  })

  it('keep functions whole, semicolons and all', async () => {
    await write(
      '1_function',
      `create function two() returns int language plpgsql as $$ begin return 2; end; $$;`,
    )
    await migrate(database, { log, queues, folder })
    expect(await sql(database.ownerUrl, 'select two()')).toEqual([{ two: 2 }])
  })

  it('leave nothing behind when they fail, and are tried again once mended', async () => {
    await write('1_fails', 'create table first (id int); select 1/0; create table second (id int);')
    await expect(migrate(database, { log, queues, folder })).rejects.toThrow(/division by zero/)
    expect(await sql(database.ownerUrl, `select to_regclass('first') as first`)).toEqual([{ first: null }])
    await write('1_fails', 'create table first (id int);')
    expect(await migrate(database, { log, queues, folder })).toEqual(['1_fails'])
  })

  it('let others pass while somebody holds the table that they change, and come when it is free', async () => {
    await write('1_table', 'create table held (id int)')
    await migrate(database, { log, queues, folder })
    await write('2_change', 'alter table held add column more int')
    const holder = new pg.Client(database.ownerUrl)
    await holder.connect()
    try {
      await holder.query('begin')
      await holder.query('insert into held values (1)')
      const migrating = migrate(database, { log, queues, folder })
      const waits = "select pid from pg_locks where relation = 'held'::regclass and not granted"
      await until(async () => (await sql(database.ownerUrl, waits)).length > 0)
      // Whoever comes after the waiting migration would wait as long as it does.
      await sql(database.ownerUrl, "set lock_timeout = '30s'", 'insert into held values (2)')
      await holder.query('commit')
      expect(await migrating).toEqual(['2_change'])
    } finally {
      await holder.end()
    }
    expect(await sql(database.ownerUrl, 'select count(*)::int as n, max(more) as more from held')).toEqual([
      { n: 2, more: null },
    ])
  })

  it('refuse a database that a newer version has migrated', async () => {
    await write('1_old', 'select 1;')
    await write('2_new', 'select 1;')
    await migrate(database, { log, queues, folder })
    await rm(join(folder, '2_new'), { recursive: true })
    await expect(migrate(database, { log, queues, folder })).rejects.toThrow(/newer version.*2_new/)
  })

  it('say in one sentence that the server does not answer', async () => {
    const nowhere = 'postgresql://nobody:nothing@127.0.0.1:20299/sekisho'
    await expect(migrate({ ownerUrl: nowhere, appUrl: nowhere }, { log, queues })).rejects.toThrow(
      /sekisho on 127\.0\.0\.1 does not answer.*DATABASE_URL/,
    )
  })
})

describe('db:diff', () => {
  const at = new Date('2026-11-20T01:02:03Z')

  it('finds the migrations of the project in agreement with its schema', async () => {
    const { ownerUrl, drop } = await freshDatabase()
    try {
      await cp(join(project, 'migrations'), folder, { recursive: true })
      const found = await diffMigration(ownerUrl, 'difference', at, {
        schema: join(project, 'schema'),
        migrations: folder,
      })
      expect(found && (await readFile(found, 'utf8'))).toBeUndefined()
    } finally {
      await drop()
    }
  })

  it('writes what the schema has and the migrations lack, and leaves alone what only SQL can say', async () => {
    const schema = join(folder, 'schema')
    const migrations = join(folder, 'migrations')
    await mkdir(schema)
    const model = (fields: string) =>
      writeFile(
        join(schema, 'schema.prisma'),
        `datasource db {\n provider = "postgresql"\n}\nmodel Thing {\n id Int @id\n ${fields}\n}\n`,
      )
    await model('name String')
    const first = await diffMigration(database.ownerUrl, 'first', at, { schema, migrations })
    expect(first).toBe(join(migrations, '20261120010203_first', 'migration.sql'))
    await writeFile(
      first ?? '',
      `${await readFile(first ?? '', 'utf8')}
       create unique index one_open on "Thing" (name) where name = 'open';
       alter table "Thing" add constraint sensible check (name <> '');
       create function nothing() returns trigger language plpgsql as $$ begin return new; end $$;
       create trigger nothing before insert on "Thing" for each row execute function nothing();`,
    )
    expect(await diffMigration(database.ownerUrl, 'none', at, { schema, migrations })).toBeUndefined()
    await model('name String\n colour String?')
    const later = new Date('2026-11-21T00:00:00Z')
    const second = await diffMigration(database.ownerUrl, 'colour', later, { schema, migrations })
    const script = await readFile(second ?? '', 'utf8')
    expect(script).toContain('ADD COLUMN     "colour" TEXT')
    expect(script).not.toMatch(/drop/i)
  })

  it('refuses names that no folder should have', async () => {
    await expect(diffMigration(database.ownerUrl, '../evil', at)).rejects.toThrow(/cannot name a migration/)
  })
})
