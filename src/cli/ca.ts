import { access, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Deps } from '../deps.ts'
import {
  ensureIssuers,
  forgetRootKey,
  frontTrust,
  keptRoot,
  type ListedIssuer,
  listIssuers,
  type Rollover,
  renewCrl,
  rollOver,
} from '../features/authorities/index.ts'
import { system } from '../kernel/actor.ts'
import { minute } from '../kernel/clock.ts'
import { keptAuthority, openKeptAuthority } from '../platform/ca/kept-key.ts'
import { isPkcs12Password } from '../platform/ca/pkcs12.ts'
import { formatsOf } from '../platform/formats.ts'
import { StartError } from '../platform/start-error.ts'
import { writeWhole } from '../platform/whole-file.ts'

type Say = (line: string) => void
type Given = { deps: Deps; say: Say }

const actor = system('command line')
const time = (date: Date): string => formatsOf('en').dateTime(date)

/** A file with a passphrase would be no secret with a short one: it can be tried offline for as long as it lives. */
const shortestPassphrase = 16

/** `sekisho ca:list`: every issuing authority, what it does now, and what is due. */
export const listAuthorities = async ({ deps, say }: Given, { pem }: { pem?: boolean }): Promise<number> => {
  const issuers = await listIssuers(deps)
  if (pem) {
    const { authorities } = await frontTrust(deps)
    for (const certificate of authorities) say(certificate.trim())
    return 0
  }
  for (const issuer of issuers) {
    say(
      `${issuer.kind.padEnd(6)} ${issuer.name}  (${issuer.id}${issuer.backend === 'cfssl' ? ', elsewhere' : ''})`,
    )
    say(`       ${standingWords(issuer)}; good until ${time(issuer.notAfter)}`)
    say(
      `       ${issuer.root ? `under ${issuer.root}` : 'signed by itself'}; ${issuer.usable} certificates usable`,
    )
    if (issuer.list)
      say(
        `       list ${issuer.list.number} of ${time(issuer.list.thisUpdate)}, next by ${time(issuer.list.nextUpdate)}`,
      )
    if (issuer.ending) say(`       ✘ it comes to its end: sekisho ca:rollover ${issuer.kind}`)
  }
  return issuers.some(({ ending }) => ending) ? 1 : 0
}

const standingWords = ({ standing, signsFrom, retiredAt }: ListedIssuer): string => {
  switch (standing) {
    case 'signs':
      return retiredAt ? `signs until ${time(retiredAt)}` : 'signs'
    case 'waits':
      return `signs from ${signsFrom ? time(signsFrom) : 'now'}`
    case 'retired':
      return 'signs no more, its certificates live on'
    case 'ended':
      return 'ended'
  }
}

export type RolloverOptions = {
  root?: boolean
  rootFile?: string
  passphraseFile?: string
  selfSigned?: boolean
  after: string
}

/**
 * `sekisho ca:rollover KIND`: a new authority takes over after some minutes, in which running programs and fronts learn
 * to trust it; the certificates of the one before live on (C-16). It stands under what its predecessor stood under,
 * unless said otherwise.
 */
export const rollOverAuthority = async (
  { deps, say }: Given,
  kind: Rollover['kind'],
  options: RolloverOptions,
): Promise<number> => {
  await ensureIssuers(deps)
  if (kind === 'users' && deps.settings.externalCa)
    throw new StartError(
      'The authority for users is elsewhere (CA_URL): roll it over there, name its certificate in CA_CERT_FILE, and start the program again.',
    )
  const minutes = Number(options.after)
  if (!Number.isInteger(minutes) || minutes < 0 || minutes > 60 * 24 * 30)
    throw new StartError('--after is a number of whole minutes, 30 days at most.')
  const under = await placeUnder(deps, kind, options)
  const done = await rollOver(deps, { kind, under, after: minutes * minute, actor })
  if (!done.ok)
    throw new StartError(
      done.reason === 'issuer.rootUnknown'
        ? 'That root is none of this database: give the file that ca:export-root wrote here.'
        : 'That root ends too soon to sign another authority: make a new one with --root.',
    )
  const { name, signsFrom, notAfter, retired } = done.value
  say(`✔ ${name}, good until ${time(notAfter)}, signs from ${time(signsFrom)}`)
  for (const before of retired) say(`✔ ${before} signs no more from then on; its certificates live on`)
  if (under === 'root') say('  The root’s key is here: take it away with sekisho ca:export-root FILE.')
  return 0
}

const placeUnder = async (
  deps: Deps,
  kind: Rollover['kind'],
  { root, rootFile, passphraseFile, selfSigned }: RolloverOptions,
): Promise<Rollover['under']> => {
  if ([root, rootFile, selfSigned].filter(Boolean).length > 1)
    throw new StartError('Choose one of --root, --root-file and --self-signed.')
  if (rootFile) {
    const passphrase = await passphraseFrom(passphraseFile)
    const pem = await readText(rootFile, '--root-file')
    try {
      return openKeptAuthority(pem, passphrase)
    } catch (cause) {
      throw new StartError(`${rootFile} doesn't open: is the passphrase its own, and the file whole?`, {
        cause,
      })
    }
  }
  if (root) return 'root'
  const before = (await listIssuers(deps)).findLast(each => each.kind === kind)
  if (selfSigned || !before?.root) return 'itself'
  if (await keptRoot(deps)) return 'root'
  throw new StartError(
    'The authority stands under a root whose key was exported: bring it with --root-file, or choose --root or --self-signed.',
  )
}

/**
 * `sekisho ca:export-root FILE`: writes the root with its key, encrypted, reads it back, and only then erases the key
 * here: from then on nothing that this machine holds can make another authority under it (C-16).
 */
export const exportRoot = async (
  { deps, say }: Given,
  file: string,
  { passphraseFile }: { passphraseFile?: string },
): Promise<number> => {
  const root = await keptRoot(deps)
  if (!root)
    throw new StartError('There is no root with its key here: sekisho ca:rollover users --root makes one.')
  const passphrase = await passphraseFrom(passphraseFile)
  const path = resolve(file)
  const taken = await access(path).then(
    () => true,
    () => false,
  )
  if (taken) throw new StartError(`${path} exists already: move it away, or name another file.`)
  await writeWhole(path, keptAuthority(root.authority, passphrase), 0o600)
  const back = openKeptAuthority(await readText(path, 'FILE'), passphrase)
  if (!back.privateKey.equals(root.authority.privateKey))
    throw new StartError(`${path} doesn't hold what was written to it; the key is still here.`)
  await forgetRootKey(deps, actor, root)
  say(`✔ ${root.name} is in ${path}; its key is no longer here`)
  say(
    '  Keep the file offline, its passphrase elsewhere; backups of the database from before still hold the key, sealed.',
  )
  return 0
}

const passphraseFrom = async (file: string | undefined): Promise<string> => {
  if (!file) throw new StartError('Name the file that holds the passphrase: --passphrase-file FILE.')
  const passphrase = (await readText(file, '--passphrase-file')).trim()
  if (passphrase.length < shortestPassphrase || !isPkcs12Password(passphrase))
    throw new StartError(`The passphrase is at least ${shortestPassphrase} half-width characters long.`)
  return passphrase
}

const readText = (file: string, option: string): Promise<string> =>
  readFile(file, 'utf8').catch(cause =>
    Promise.reject(new StartError(`${option}: ${file} can't be read (${cause.message}).`, { cause })),
  )

/** `sekisho ca:crl`: renews the lists of revocations now where they are not of this minute; writes all of them as PEM. */
export const writeLists = async ({ deps, say }: Given, { out }: { out?: string }): Promise<number> => {
  for (const issuer of await listIssuers(deps))
    if (issuer.standing !== 'ended') {
      const number = await renewCrl(deps, issuer.id)
      say(
        number === null ? `  ${issuer.name} publishes its lists itself` : `✔ ${issuer.name}: list ${number}`,
      )
    }
  if (out) {
    const { revocationLists } = await frontTrust(deps)
    await writeWhole(resolve(out), revocationLists.join(''), 0o644)
    say(`✔ ${resolve(out)}`)
  }
  return 0
}
