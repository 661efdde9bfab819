import { setTimeout as moment } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import { Argument, Command, Option } from 'commander'
import type { RolloverOptions } from './cli/ca.ts'
import type { FirstPeople, MasterOptions, StaffOptions } from './cli/first-people.ts'
import { demoServiceFile } from './demo-service-file.ts'
import { readSettings, type Settings } from './platform/settings.ts'
import { StartError } from './platform/start-error.ts'
import { systemClock } from './platform/system-clock.ts'
import type { Running } from './work.ts'
import type { World } from './world.ts'

// Each command loads what it runs and no more: the demo service, a program of its own, would carry the whole portal along.
const cli = {
  authorities: () => import('./cli/ca.ts'),
  database: () => import('./cli/database.ts'),
  doctor: () => import('./cli/doctor.ts'),
  firstPeople: () => import('./cli/first-people.ts'),
  history: () => import('./cli/history.ts'),
  routes: () => import('./cli/routes.ts'),
}

// Everything that has a day has a day in Japan, whatever the machine's own zone is.
process.env.TZ = 'Asia/Tokyo'

const say = (line: string) => {
  process.stdout.write(`${line}\n`)
}

/** Ends with one sentence a mistake; anything unexpected keeps its stack. */
const explain = (error: unknown): never => {
  const expected = error instanceof StartError
  process.stderr.write(
    expected
      ? `✘ ${(error as Error).message.replaceAll('\n', '\n✘ ')}\n`
      : `${(error as Error).stack ?? error}\n`,
  )
  process.exit(1)
}

const askedToStop: ('SIGINT' | 'SIGTERM')[] = ['SIGINT', 'SIGTERM']

/** Runs until SIGINT or SIGTERM, or until something nobody expected; then closes what was started, in order. */
const untilAsked = async (begin: (stop: AbortSignal) => Promise<Running>): Promise<void> => {
  const stop = new AbortController()
  const starting = begin(stop.signal)
  const grace = { delay: 12_000, logger: false as const, skip: askedToStop }
  const { close } = closeWithGrace(grace, async ({ err }) => {
    if (err) process.stderr.write(`${err.stack}\n`)
    // It answers a moment before it is complete: what is stopped meanwhile is stopped whole.
    const running = await starting.catch(() => undefined)
    await running?.close()
  })
  // npm hands on the Ctrl-C that the terminal has given us already: only one that comes later is impatience.
  let askedAt: number | undefined
  for (const signal of askedToStop)
    process.on(signal, () => {
      if (askedAt !== undefined && performance.now() - askedAt > 1_000) process.exit(1)
      if (askedAt === undefined) {
        stop.abort()
        close()
      }
      askedAt ??= performance.now()
    })
  try {
    await starting
  } catch (error) {
    // The terminal's Ctrl-C reaches the programs that we have started too, perhaps before us: what it cuts off is no mistake.
    await moment(100)
    if (askedAt === undefined) throw error
  }
}

const settings = (): Settings => readSettings(process.env)

/** A command beside a running portal: the same database, no jobs worked on. */
const withWorld = async (work: (world: World) => Promise<number>): Promise<void> => {
  const { openWorld } = await import('./world.ts')
  const world = await openWorld({ ...settings(), logLevel: 'error' }, { worker: false, whenRunning: 'share' })
  try {
    process.exitCode = await work(world)
  } finally {
    await world.close()
  }
}

const program = new Command('sekisho')
  .description('Sekisho (関所): a corporate banking portal')
  .showHelpAfterError()

program
  .command('serve')
  .description('run the portal')
  .option('--no-worker', 'leave the jobs (mail, issuing) to another program')
  .action(async ({ worker }: { worker: boolean }) => {
    await untilAsked(async stop => {
      const { serve } = await import('./serve.ts')
      return serve(settings(), { say, worker, stop })
    })
  })

program
  .command('work')
  .description('do the jobs (mail, issuing, clean-up) without serving, beside `serve --no-worker`')
  .action(() =>
    untilAsked(async () => {
      const { work } = await import('./work.ts')
      return work(settings(), say)
    }),
  )

program
  .command('demo-service')
  .description('run the service that the demo’s users enter from the portal; `serve` starts it by itself')
  .action(() => {
    // Started by `serve`, it ends with it, however that ends.
    process.stdin
      .on('end', () => process.exit())
      .on('error', () => process.exit())
      .resume()
    return untilAsked(async () => {
      const { demoService } = await import('./demo-service.ts')
      return demoService(demoServiceFile(settings().dataDir))
    })
  })

const firstPeople = (
  work: (commands: Awaited<ReturnType<typeof cli.firstPeople>>, first: FirstPeople) => Promise<number>,
): Promise<void> => withWorld(async ({ deps }) => work(await cli.firstPeople(), { deps, say }))

program
  .command('staff:create <loginId>')
  .description("register one of the bank's first two officers, with a certificate (H-08)")
  .requiredOption('--name <name>', 'as the console shows it')
  .requiredOption('--mail <address>', "the officer's mail address")
  .addOption(
    new Option(
      '--role <role>',
      'what the officer does; one of the first two is an approver, none an editor or auditor',
    )
      .choices(['operator', 'approver', 'editor', 'auditor'])
      .makeOptionMandatory(),
  )
  .option('--file <path>', 'where to write the certificate (LOGIN_ID.p12)')
  .action((loginId: string, options: StaffOptions) =>
    firstPeople((commands, first) => commands.createFirstOfficer(first, loginId, options)),
  )

program
  .command('staff:certificate <loginId>')
  .description('issue a certificate to an officer whom two others have registered on the console (H-08)')
  .option('--file <path>', 'where to write the certificate (LOGIN_ID.p12)')
  .action((loginId: string, options: { file?: string }) =>
    firstPeople((commands, first) => commands.issueOfficerCertificate(first, loginId, options)),
  )

program
  .command('staff:unlock <loginId>')
  .description("release the lock of an officer's password; the bank's history keeps the reason")
  .requiredOption('--reason <reason>', 'why, and who asked for it')
  .option('--end-token', 'end the one-time password, too: the next login registers another')
  .action((loginId: string, options: { reason: string; endToken?: boolean }) =>
    firstPeople((commands, first) => commands.unlockOfficer(first, loginId, options)),
  )

program
  .command('company:create <file>')
  .description("register a company's contract from a JSON file")
  .action((file: string) => firstPeople((commands, first) => commands.createCompanyFrom(first, file)))

program
  .command('master:create <contractNumber> <loginId>')
  .description("register a company's master, an administrator, with a certificate")
  .requiredOption('--name <name>', 'full-width, as the portal shows it')
  .requiredOption('--mail <address>', "the master's mail address")
  .option('--file <path>', 'where to write the certificate (LOGIN_ID.p12)')
  .action((contractNumber: string, loginId: string, options: MasterOptions) =>
    firstPeople((commands, first) => commands.createFirstMaster(first, contractNumber, loginId, options)),
  )

program
  .command('ca:list')
  .description('show the issuing authorities, what each does now, and what is due')
  .option('--pem', 'print their certificates and those of the roots instead, as a front wants them')
  .action((options: { pem?: boolean }) =>
    withWorld(async ({ deps }) => (await cli.authorities()).listAuthorities({ deps, say }, options)),
  )

program
  .command('ca:rollover')
  .description('put a new authority in the place of the one that signs; certificates live on')
  .addArgument(new Argument('<kind>', 'whom it signs for').choices(['users', 'staff']))
  .option('--root', 'under a root, whose key ca:export-root then takes away')
  .option('--root-file <file>', 'under a root that was exported to this file')
  .option('--passphrase-file <file>', 'what opens it')
  .option('--self-signed', 'under no root')
  .option('--after <minutes>', 'when it begins to sign: running programs and fronts must trust it first', '1')
  .action((kind: 'users' | 'staff', options: RolloverOptions) =>
    withWorld(async ({ deps }) => (await cli.authorities()).rollOverAuthority({ deps, say }, kind, options)),
  )

program
  .command('ca:export-root <file>')
  .description("write the root's key to a file, encrypted, and erase it here")
  .requiredOption('--passphrase-file <file>', 'what is to open it again')
  .action((file: string, options: { passphraseFile: string }) =>
    withWorld(async ({ deps }) => (await cli.authorities()).exportRoot({ deps, say }, file, options)),
  )

program
  .command('ca:crl')
  .description('renew the lists of revocations')
  .option('--out <file>', 'write them all to this file (PEM)')
  .action((options: { out?: string }) =>
    withWorld(async ({ deps }) => (await cli.authorities()).writeLists({ deps, say }, options)),
  )

program
  .command('audit:verify')
  .description('check that the operation history is whole: every entry, every chain')
  .option(
    '--state <file>',
    'compare with what the last run with this file saw: what was rewritten or cut off since',
  )
  .action((options: { state?: string }) =>
    withWorld(async ({ deps }) => (await cli.history()).verifyAll(deps, options, say)),
  )

program
  .command('history:stream')
  .description('print the operation history as JSON lines, every chain in its order (F-04)')
  .option('--state <file>', 'go on where the last run with this file ended')
  .option('--follow', 'wait for what comes, until Ctrl-C')
  .action((options: { state?: string; follow?: boolean }) =>
    withWorld(async ({ deps }) => (await cli.history()).streamOut(deps, options)),
  )

program
  .command('history:archive <file>')
  .description('write the entries that HISTORY_YEARS no longer keeps to a file, as JSON lines')
  .option('--remove', 'and take them out of the database, once the file is written')
  .action((file: string, options: { remove?: boolean }) =>
    withWorld(async world => (await cli.history()).archiveTo(world, file, options, say)),
  )

program
  .command('routes')
  .description('print every route and who may use it')
  .action(async () => (await cli.routes()).printRoutes(settings(), say))

program
  .command('doctor')
  .description('look at what a start needs, and say what is missing')
  .action(async () => {
    const { examine } = await cli.doctor()
    process.exitCode = await examine(settings(), systemClock, say)
  })

program
  .command('migrate')
  .description('bring the database to this version')
  .action(async () => (await cli.database()).migrateDatabase(settings(), say))

program
  .command('db:diff <name>')
  .description('write the migration that leads to prisma/schema')
  .action(async (name: string) =>
    (await cli.database()).writeMigration(settings(), name, systemClock.now(), say),
  )

program
  .command('db:reset')
  .description('remove the embedded database and its demo')
  .action(async () => (await cli.database()).resetDatabase(settings(), say))

program
  .command('db:studio')
  .description('open Prisma Studio on the database; not beside a running portal')
  .option('--port <port>', 'loopback port of the embedded server meanwhile', '5433')
  .action(async ({ port }: { port: string }) =>
    (await cli.database()).openStudio(settings(), Number(port), say, process.env),
  )

program.parseAsync().catch(explain)
