import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Daemon, freePort, type HangingServer } from './daemon.ts'
import { makeFolder, removeFolder } from './folder.ts'
import { program } from './programs.ts'

/** A MariaDB server on 127.0.0.1 with the database `chat`. */
export interface MariaDb extends HangingServer {
  readonly host: string
  readonly port: number
  /** mysql:// URL of the user `chat`, which has all privileges on the database `chat`. */
  readonly url: string
  /** mysql:// URL of the user `admin`, which has all privileges. */
  readonly adminUrl: string
}

const HOST = '127.0.0.1'
const PASSWORD = 'sandbox-only'

export async function startMariaDb(): Promise<MariaDb> {
  const { root, argv } = await program('mariadbd')
  const dir = makeFolder('mariadb')
  const port = await freePort()
  const common = [...argv, '--no-defaults', ...paths(root, dir), ...(process.getuid?.() === 0 ? ['--user=root'] : [])]
  await initialise(root, dir, common)
  const daemon = new Daemon({
    name: 'mariadbd',
    dir,
    argv: [...common, `--bind-address=${HOST}`, `--port=${port}`, ...settings(dir)],
    probe: () => handshake(port),
  })
  await daemon.start()
  return {
    host: HOST,
    port,
    url: `mysql://chat:${PASSWORD}@${HOST}:${port}/chat`,
    adminUrl: `mysql://admin:${PASSWORD}@${HOST}:${port}/chat`,
    kill: () => daemon.kill('SIGKILL'),
    start: () => daemon.start(),
    pause: () => daemon.pause(),
    resume: () => daemon.resume(),
    stop: async () => {
      daemon.resume()
      await daemon.kill('SIGKILL')
      await removeFolder(dir)
    },
  }
}

function paths(root: string, dir: string): string[] {
  return [
    `--datadir=${dir}/data`,
    `--tmpdir=${dir}`,
    `--socket=${dir}/mariadb.sock`,
    `--pid-file=${dir}/mariadb.pid`,
    `--lc-messages-dir=${root}/usr/share/mysql`,
    `--character-sets-dir=${root}/usr/share/mysql/charsets`,
    `--plugin-dir=${root}/usr/lib/mysql/plugin`,
    '--innodb-buffer-pool-size=64M',
    '--innodb-log-file-size=32M',
  ]
}

/** As durable as a production server: acknowledged data survives a kill. */
function settings(dir: string): string[] {
  return [
    '--innodb-flush-log-at-trx-commit=1',
    '--skip-name-resolve',
    '--skip-log-bin',
    '--max-connections=300',
    '--performance-schema=OFF',
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_bin',
    `--init-file=${dir}/init.sql`,
  ]
}

/** The bootstrap takes 1 s on an idle machine. */
const BOOTSTRAP_TIMEOUT_MS = 120_000
const SYSTEM_TABLES = ['mysql_system_tables.sql', 'mysql_performance_tables.sql', 'mysql_system_tables_data.sql']

/** Does what mariadb-install-db does, which works only with an installed MariaDB. */
async function initialise(root: string, dir: string, common: readonly string[]): Promise<void> {
  await mkdir(join(dir, 'data'))
  await writeFile(join(dir, 'init.sql'), INIT_SQL)
  const scripts = await Promise.all(SYSTEM_TABLES.map((file) => readFile(join(root, 'usr/share/mysql', file), 'utf8')))
  const child = spawn(common[0] as string, [...common.slice(1), '--bootstrap'], { stdio: ['pipe', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2000)))
  child.stdin.on('error', () => undefined)
  child.stdin.end(['create database mysql;', 'use mysql;', ...scripts].join('\n'))
  const timer = setTimeout(() => child.kill('SIGKILL'), BOOTSTRAP_TIMEOUT_MS)
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  clearTimeout(timer)
  if (code !== 0) throw new Error(`mariadbd --bootstrap failed (${code ?? signal}): ${errors}`)
}

const INIT_SQL = `CREATE DATABASE IF NOT EXISTS chat CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE USER IF NOT EXISTS 'chat'@'%' IDENTIFIED BY '${PASSWORD}';
GRANT ALL ON chat.* TO 'chat'@'%';
CREATE USER IF NOT EXISTS 'admin'@'%' IDENTIFIED BY '${PASSWORD}';
GRANT ALL ON *.* TO 'admin'@'%' WITH GRANT OPTION;
`

/** After the init file, the server sends a handshake to each new client: protocol version 10 after the packet's header. */
async function handshake(port: number): Promise<void> {
  const socket = connect(port, HOST)
  socket.setTimeout(2000, () => socket.destroy(new Error('no handshake')))
  try {
    const [packet] = (await once(socket, 'data')) as [Buffer]
    if (packet[4] !== 10) throw new Error('not ready')
  } finally {
    socket.destroy()
  }
}
