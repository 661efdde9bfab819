import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { findPrerequisites } from '../../scripts/prerequisites.ts'

/** Where nginx lies on this machine; `npm test` installs it where it may. */
export const { nginx } = findPrerequisites(process.env)

const deployed = join(import.meta.dirname, '..', '..', 'deploy', 'nginx')
const template = join(deployed, 'sekisho.conf.template')
const reloadScript = join(deployed, 'reload-on-change.sh')

export type NginxPlaces = {
  /** A folder of its own, for what it writes. */
  folder: string
  frontFolder: string
  tlsFolder: string
  portalHost: string
  certDomain: string
  httpsPort: number
  httpPort: number
  /** The address of what passes TCP through to it and says who comes (PROXY protocol), where there is one. */
  balancer?: string
}

export type RunningNginx = {
  pid: number
  /** What it has complained of until now. */
  complaints(): Promise<string>
  /** What it has logged of requests until now. */
  accesses(): Promise<string>
  /** Has deploy/nginx's own script watch the files of the front; gives what ends it. */
  watch(): Promise<() => void>
  stop(): Promise<void>
}

/** What envsubst does: the names in capitals, and nothing of nginx's own variables. */
const filledIn = (text: string, values: Record<string, string>) =>
  text.replace(/\$\{([A-Z_]+)\}/g, (_all, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`The template asks for ${name}`)
    return value
  })

const listens = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

/** How a program is run where it is to be measured. */
type RunOn = (command: string, given: readonly string[]) => [string, string[]]
const asItIs: RunOn = (command, given) => [command, [...given]]

/** Starts nginx with deploy/nginx's own configuration, ports and folders filled in, and waits until it listens. */
export const startNginx = async (places: NginxPlaces, runOn = asItIs): Promise<RunningNginx> => {
  const { folder, httpsPort, httpPort, portalHost } = places
  const behind = places.balancer ? ' proxy_protocol' : ''
  const site = filledIn(await readFile(template, 'utf8'), {
    PORTAL_HOST: portalHost,
    PORTAL_ORIGIN: `https://${portalHost}:${httpsPort}`,
    CERT_DOMAIN: places.certDomain,
    HTTPS_PORT: `127.0.0.1:${httpsPort}${behind}`,
    HTTP_PORT: `127.0.0.1:${httpPort}${behind}`,
    FRONT_FOLDER: places.frontFolder,
    TLS_FOLDER: places.tlsFolder,
    CACHE_FOLDER: join(folder, 'cache'),
    ACCESS_LOG: join(folder, 'access.log'),
    ERROR_LOG: join(folder, 'error.log'),
    BALANCER: places.balancer ?? 'unix:',
  })
  return startNginxWith(site, places, runOn)
}

/** Starts nginx with one site of any kind. */
export const startNginxWith = async (
  site: string,
  places: Pick<NginxPlaces, 'folder' | 'frontFolder' | 'httpsPort'>,
  runOn = asItIs,
): Promise<RunningNginx> => {
  if (nginx === undefined) throw new Error('nginx is missing')
  const { folder, httpsPort } = places
  await mkdir(folder, { recursive: true })
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    name => `${name}_temp_path ${join(folder, name)};`,
  )
  await writeFile(join(folder, 'sekisho.conf'), site)
  const configuration = join(folder, 'nginx.conf')
  const errors = join(folder, 'error.log')
  await writeFile(
    configuration,
    [
      ...(process.getuid?.() === 0 ? ['user root;'] : []),
      'daemon off;',
      'worker_processes 2;',
      `pid ${join(folder, 'nginx.pid')};`,
      `error_log ${errors} notice;`,
      'events { worker_connections 4096; }',
      `http { ${temporary.join(' ')}`,
      `include ${existsSync('/etc/nginx/mime.types') ? '/etc/nginx/mime.types' : 'mime.types'};`,
      `include ${join(folder, 'sekisho.conf')}; }`,
    ].join('\n'),
  )
  const [command, line] = runOn(nginx, ['-p', folder, '-e', errors, '-c', configuration])
  const child: ChildProcess = spawn(command, line, { stdio: 'ignore' })
  await once(child, 'spawn')
  const complaints = () => readFile(errors, 'utf8').catch(() => '')
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  const limit = performance.now() + 60_000
  while (!(await listens(httpsPort))) {
    if (child.exitCode === null && performance.now() < limit) {
      await pause(25)
      continue
    }
    await stop()
    throw new Error(`nginx did not start:\n${await complaints()}`)
  }
  return {
    pid: child.pid ?? 0,
    complaints,
    accesses: () => readFile(join(folder, 'access.log'), 'utf8').catch(() => ''),
    watch: async () => {
      const nginxCommand = [nginx, '-p', folder, '-e', errors, '-c', configuration].join(' ')
      const watching = spawn(reloadScript, [], {
        env: {
          PATH: process.env.PATH,
          FRONT_FOLDER: places.frontFolder,
          NGINX_COMMAND: nginxCommand,
          RELOAD_SECONDS: '0.2',
        },
        detached: true,
        stdio: 'ignore',
      })
      await once(watching, 'exit')
      return () => {
        // The script has gone, and left what watches in its group.
        if (watching.pid !== undefined) process.kill(-watching.pid, 'SIGTERM')
      }
    },
    stop,
  }
}
