import { debianRoot, inRoot } from '@chat-app/sandbox-machine'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Daemon, freePort } from '@chat-app/sandbox-servers'

/** A running program of Debian that serves metrics. */
export interface Exporter extends AsyncDisposable {
  /** URL of the metrics. */
  readonly url: string
}

/** Starts the exporter of one Redis server. */
export function redisExporter(server: { readonly url: string }): Promise<Exporter> {
  const { host, password } = new URL(server.url)
  return exporter('prometheus-redis-exporter', ['prometheus-redis-exporter'], ({ port }) => [
    `-redis.addr=redis://${host}`,
    `-redis.password=${password}`,
    `-web.listen-address=127.0.0.1:${port}`,
  ])
}

/** Starts the exporter of a MariaDB or MySQL server. It reads the user and the password from an option file. */
export function mysqlExporter(database: { readonly adminUrl: string }): Promise<Exporter> {
  const { hostname, port: databasePort, username, password } = new URL(database.adminUrl)
  const settings = `[client]\nhost=${hostname}\nport=${databasePort}\nuser=${username}\npassword=${password}\n`
  return exporter(
    'prometheus-mysqld-exporter',
    ['prometheus-mysqld-exporter'],
    ({ dir, port }) => [`--config.my-cnf=${dir}/settings`, `--web.listen-address=127.0.0.1:${port}`],
    () => ({ settings }),
  )
}

/** Starts HAProxy with a backend like the one of the database. */
export function haproxy(): Promise<Exporter> {
  return exporter(
    'haproxy',
    ['haproxy'],
    ({ dir }) => ['-db', '-f', `${dir}/settings`],
    (port) => ({
      settings: `defaults
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend stats
  bind 127.0.0.1:${port}
  mode http
  http-request use-service prometheus-exporter if { path /metrics }
backend galera-nodes
  mode tcp
  server node 127.0.0.1:1
`,
    }),
  )
}

/** Starts Prometheus with one rule and no targets. */
export function prometheus(): Promise<Exporter> {
  return exporter(
    'prometheus',
    ['prometheus'],
    ({ dir, port }) => [
      `--config.file=${dir}/settings`,
      `--storage.tsdb.path=${dir}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    () => ({ settings: JSON.stringify({ rule_files: ['rules'] }), rules: JSON.stringify(ONE_RULE) }),
  )
}

const ONE_RULE = { groups: [{ name: 'one', rules: [{ record: 'one', expr: 'vector(1)' }] }] }

const PROGRAM_FOLDERS: Readonly<Record<string, string>> = { haproxy: 'usr/sbin' }

async function exporter(
  name: string,
  packages: readonly string[],
  args: (place: { readonly dir: string; readonly port: number }) => readonly string[],
  files: (port: number) => Readonly<Record<string, string>> = () => ({}),
): Promise<Exporter> {
  const dir = await mkdtemp(join(tmpdir(), `chat-app-${name}-`))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/metrics`
  for (const [file, text] of Object.entries(files(port))) await writeFile(join(dir, file), text, { mode: 0o600 })
  const program = inRoot(await debianRoot(packages), `${PROGRAM_FOLDERS[name] ?? 'usr/bin'}/${name}`)
  const daemon = new Daemon({ name, dir, argv: [...program, ...args({ dir, port })], probe: () => probe(url) })
  await daemon.start()
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      await daemon.kill()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function probe(url: string): Promise<void> {
  const { status } = await fetch(url, { signal: AbortSignal.timeout(5000) })
  if (status !== 200) throw new Error(`${url}: ${status}`)
}
