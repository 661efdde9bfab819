import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { findPrerequisites } from '../../scripts/prerequisites.ts'
import { freePort } from './ports.ts'
import { until } from './until.ts'

/** The server where it is installed; without it what needs it is passed over, and the prerequisites say so. */
export const cfssl = findPrerequisites(process.env).cfssl

export const cfsslAuthKey = '00112233445566778899aabbccddeeff'

export type CfsslServerProcess = {
  url: string
  certificateFile: string
  authKeyFile: string
  /** The books of the server: how each certificate it signed stands, by its serial in decimals. */
  books(): Map<string, string>
  stop(): Promise<void>
  start(): Promise<void>
}

const usages = ['client auth', 'digital signature']
const signing = (profile: object) => ({ auth_key: 'portal', expiry: '8784h', ...profile })

/** A real cfssl server with an authority of its own, its books in SQLite, in a folder of the test's. */
export const startCfssl = async (folder: string): Promise<CfsslServerProcess> => {
  const write = (name: string, content: unknown) => {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
    return join(folder, name)
  }
  const request = {
    CN: 'Gaibu Users CA',
    key: { algo: 'ecdsa', size: 256 },
    names: [{ C: 'JP', O: 'Gaibu' }],
    ca: { expiry: '87600h' },
  }
  const made = execFileSync('cfssl', ['gencert', '-initca', write('request.json', request)], {
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  })
  const { cert, key } = JSON.parse(made)
  const certificateFile = write('external-ca.pem', cert)
  const config = {
    auth_keys: { portal: { type: 'standard', key: cfsslAuthKey } },
    signing: {
      default: signing({ usages }),
      profiles: {
        client: signing({ usages, ClientProvidesSerialNumbers: true }),
        // As servers are set up that know nothing of it: they choose serials by themselves.
        choosing: signing({ usages }),
        server: signing({ usages: ['server auth', 'digital signature'] }),
        ocsp: signing({ usages: ['ocsp signing', 'digital signature'], expiry: '168h', ocsp_no_check: true }),
      },
    },
  }
  const books = join(folder, 'books.db')
  const database = new DatabaseSync(books)
  // Readers then neither wait for the server nor make it wait.
  database.exec('PRAGMA journal_mode = WAL')
  database.exec(`
    CREATE TABLE certificates (serial_number blob NOT NULL, authority_key_identifier blob NOT NULL, ca_label blob,
      status blob NOT NULL, reason int, expiry timestamp, revoked_at timestamp, pem blob NOT NULL,
      issued_at timestamp, not_before timestamp, metadata text, sans text, common_name text,
      PRIMARY KEY (serial_number, authority_key_identifier));
    CREATE TABLE ocsp_responses (serial_number blob NOT NULL, authority_key_identifier blob NOT NULL,
      body blob NOT NULL, expiry timestamp, PRIMARY KEY (serial_number, authority_key_identifier));`)
  database.close()
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const given = [
    ['-address', '127.0.0.1'],
    ['-port', String(port)],
    ['-ca', certificateFile],
    ['-ca-key', write('external-ca.key', key)],
    ['-config', write('config.json', config)],
    ['-db-config', write('db.json', { driver: 'sqlite3', data_source: books })],
  ].flat()
  let server: ChildProcess | undefined
  const start = async () => {
    server = spawn('cfssl', ['serve', ...given], { stdio: 'ignore' })
    const answers = () =>
      fetch(`${url}/api/v1/cfssl/info`, { method: 'POST', body: '{}' }).then(
        () => true,
        () => false,
      )
    await until(answers)
  }
  await start()
  return {
    url,
    certificateFile,
    authKeyFile: write('auth-key', `${cfsslAuthKey}\n`),
    books: () => {
      const reading = new DatabaseSync(books, { readOnly: true, timeout: 5000 })
      try {
        const rows = reading.prepare('SELECT serial_number AS serial, status FROM certificates').all()
        return new Map(rows.map(({ serial, status }) => [String(serial), String(status)]))
      } finally {
        reading.close()
      }
    },
    start,
    stop: async () => {
      const ended = server && once(server, 'exit')
      server?.kill('SIGKILL')
      await ended
      server = undefined
    },
  }
}

export type Relay = {
  url: string
  /** From now on answers go no further; settled when the first one has come. */
  hold(): Promise<void>
  /** Ends every connection, and passes answers on again. */
  cut(): void
  close(): Promise<void>
}

/** Between a program and its authority: passes questions and answers on, and loses answers when it is told to. */
export const openRelay = async (to: string): Promise<Relay> => {
  const { hostname, port } = new URL(to)
  const sockets = new Set<Socket>()
  let held: (() => void) | undefined
  const relay = createServer(asker => {
    const authority = connect(Number(port), hostname)
    const both = [asker, authority]
    for (const socket of both) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        for (const each of both) each.destroy()
      })
    }
    asker.pipe(authority)
    authority.on('data', answer => {
      if (held) held()
      else asker.write(answer)
    })
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  const address = relay.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const cut = () => {
    held = undefined
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${address.port}`,
    hold: () =>
      new Promise(resolve => {
        held = resolve
      }),
    cut,
    close: async () => {
      const closed = once(relay, 'close')
      relay.close()
      cut()
      await closed
    },
  }
}
