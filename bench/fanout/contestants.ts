import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import { buildProgram, cachedProgram } from '@chat-app/sandbox-machine'
import { startRedis } from '@chat-app/sandbox-servers'
import { JWT_SECRET, openStore, startService } from '@chat-app/services/testing'
import { signToken } from '@chat-app/services/client'
import { childrenNamed } from '../measure/cpu.ts'
import { CENTRIFUGE, ours, SOCKET_IO, type Dialect } from './dialects.ts'

/** Two processes of one server behind one Redis. */
export interface Contestant {
  readonly name: string
  /** Whether ours are compared with it. */
  readonly isPeer: boolean
  readonly dialect: Dialect
  readonly ports: readonly number[]
  readonly pids: readonly number[]
  /** So that contestants with the same processes do not share rooms. */
  readonly prefix: string
}

export interface Arena extends AsyncDisposable {
  readonly contestants: readonly Contestant[]
  /** What the servers use beside their own processes. */
  readonly redisPids: readonly number[]
  readonly databasePids: readonly number[]
}

const PROCESSES = 2
const ROWS_OF_STATEMENT = 5000
const START_TIMEOUT_MS = 60_000

/** Starts the servers. Our rooms are stored, and users are members of them. */
export async function openArena({ rooms, clients }: { rooms: number; clients: number }): Promise<Arena> {
  const ends = new AsyncDisposableStack()
  try {
    const [store, redis] = await Promise.all([openStore(), startRedis()])
    ends.use(store)
    ends.defer(() => redis.stop())
    const env = { DATABASE_URL: store.mariaDb.url, REDIS_URL: redis.url, JWT_SECRET, WS_NO_BUFFER_UTIL: '1' }
    const services = await many(() => startService('websocket', env))
    for (const service of services) ends.defer(() => service.stop())
    const own = { ports: services.map(({ port }) => port), pids: services.map((service) => service.pid()) }
    const tokenOf = (user: string) => signToken(JWT_SECRET, user)
    const contestants: Contestant[] = PROTOCOLS.map((protocol) => ({
      name: `ours, ${protocol}`,
      isPeer: false,
      dialect: ours(protocol, tokenOf),
      prefix: `${protocol.slice(-2)}-`,
      ...own,
    }))
    for (const { prefix } of contestants) await addRooms(store.database, { rooms, clients, prefix })
    for (const [name, dialect, argv] of await peers()) {
      const started = await many(() => startPeer(argv, { REDIS_URL: redis.url }))
      for (const { stop } of started) ends.defer(stop)
      const [ports, pids] = [started.map(({ port }) => port), started.map(({ pid }) => pid)]
      contestants.push({ name, isPeer: true, dialect, ports, pids, prefix: 'pe-' })
    }
    return {
      contestants,
      redisPids: childrenNamed('redis-server'),
      databasePids: childrenNamed('mariadbd'),
      [Symbol.asyncDispose]: () => ends.disposeAsync(),
    }
  } catch (error) {
    await ends.disposeAsync()
    throw error
  }
}

export const roomOf = (prefix: string, index: number) => `${prefix}room${index}`
export const userOf = (prefix: string, index: number) => `${prefix}user${index}`

const PROTOCOLS = ['chat.v1', 'chat.v2']

type Peer = readonly [name: string, dialect: Dialect, argv: readonly string[]]

async function peers(): Promise<readonly Peer[]> {
  const socketIo = fileURLToPath(new URL('peers/socket-io.ts', import.meta.url))
  return [
    ['Socket.IO', SOCKET_IO, [process.execPath, socketIo]],
    ['centrifuge', CENTRIFUGE, [await centrifuge()]],
  ]
}

/** Builds the peer in Go into the cache. The first build takes minutes. */
async function centrifuge(): Promise<string> {
  const module = {
    folder: fileURLToPath(new URL('centrifuge', import.meta.url)),
    title: 'centrifuge',
    version: '',
    package: '.',
    variables: {},
    remedies: [],
  }
  return `${cachedProgram(module) ?? (await buildProgram(module, ['centrifuge']))}/centrifuge`
}

/** Starts a program that prints its port. */
async function startPeer(argv: readonly string[], env: Record<string, string>) {
  const [program = '', ...options] = argv
  const child = spawn(program, options, {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  process.once('exit', () => child.kill('SIGKILL'))
  try {
    const [line] = (await once(createInterface(child.stdout), 'line', {
      signal: AbortSignal.timeout(START_TIMEOUT_MS),
    })) as [string]
    return { port: Number(line), pid: child.pid ?? 0, stop }
  } catch (error) {
    await stop()
    throw new Error(`${argv.join(' ')} did not print its port`, { cause: error })
  }
}

function many<T>(start: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: PROCESSES }, start))
}

type Database = Awaited<ReturnType<typeof openStore>>['database']

/** Rooms that anyone may join, and users who are their members already. */
async function addRooms(
  database: Database,
  { rooms, clients, prefix }: { rooms: number; clients: number; prefix: string },
): Promise<void> {
  const users = Array.from({ length: clients }, (_, i) => [userOf(prefix, i), 'x', 1])
  const insertUsers = 'INSERT INTO users (name, password_hash, created_at) VALUES ?'
  for (let at = 0; at < users.length; at += ROWS_OF_STATEMENT)
    await database.execute(insertUsers, [users.slice(at, at + ROWS_OF_STATEMENT)])
  const channel = (i: number) => `${prefix}${String(i).padStart(16 - prefix.length, '0')}`
  const rows = Array.from({ length: rooms }, (_, i) => [roomOf(prefix, i), channel(i), 'Room', userOf(prefix, 0), 1, 7])
  await database.execute('INSERT INTO rooms (slug, channel, title, created_by, created_at, epoch) VALUES ?', [rows])
}
