import { startRedis } from '@chat-app/sandbox-servers'
import { must, randomOf } from '@chat-app/testing'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRoom, signToken } from '../../client/index.ts'
import { UNLIMITED_MEMORY_BYTES } from '../../src/support/limits.ts'
import { Choice } from '../chaos/choice.ts'
import { JWT_SECRET, startService, type Service } from '../service.ts'
import { openStore } from '../store.ts'
import { Honest } from './honest.ts'
import { attackRequests } from './requests.ts'
import { SlowClients } from './slow-clients.ts'
import { attackSockets } from './sockets.ts'

export interface HostileOptions {
  readonly seed: number
  readonly frames: number
  readonly requests: number
  readonly slowClients: number
}

export interface HostileOutcome {
  readonly seconds: number
  /** How many answers of each type, code or status there were. */
  readonly answers: { readonly frames: ReadonlyMap<string, number>; readonly requests: ReadonlyMap<string, number> }
  /** From send to acknowledgement of the others, in milliseconds. */
  readonly latencies: { readonly before: readonly number[]; readonly meanwhile: readonly number[] }
  /** The largest resident memory of each process, and what each counts with as its limit, in bytes. */
  readonly memory: { readonly api: number; readonly websocket: number; readonly limit: number }
}

const BASELINE_MS = 10_000
const MEASURE_INTERVAL_MS = 500
const CONNECTIONS = 20
const REQUESTS_IN_FLIGHT = 8
const HONEST = ['alice', 'bob', 'carol', 'dave']
const ATTACKERS = ['mallory', 'trudy', 'oscar']

/**
 * Attacks an API and a WebSocket process with frames, requests, slow clients and floods, while others chat.
 *
 * @param onProgress called often
 * @throws Error for a process that ends or has an unexpected error, and an answer that no client may get
 */
export async function hostile(
  options: HostileOptions,
  onProgress: (progress: { frames: number; requests: number }) => void = () => undefined,
): Promise<HostileOutcome> {
  await using ends = new AsyncDisposableStack()
  const [store, redis] = await Promise.all([openStore(), startRedis()])
  ends.use(store)
  ends.defer(() => redis.stop())
  const env = { DATABASE_URL: store.mariaDb.url, REDIS_URL: redis.url, JWT_SECRET }
  const services = await Promise.all([startService('api', env), startService('websocket', env)])
  for (const service of services) ends.defer(() => service.stop())
  const [api, websocket] = services
  const users = [...HONEST, ...ATTACKERS]
  await store.addUsers(...users)
  const rooms = await Promise.all(
    [0, 1, 2].map(async () => (await createRoom(api.http, signToken(JWT_SECRET, must(users[0])))).room),
  )
  const [room = '', attacked = ''] = rooms
  const tokens = HONEST.map((user) => signToken(JWT_SECRET, user))
  const honest = ends.use(await Honest.open(websocket.ws, { room, tokens }))
  const before = await honest.latencies(sleep(BASELINE_MS))

  const choice = new Choice(randomOf(options.seed))
  const token = () => signToken(JWT_SECRET, choice.of(ATTACKERS))
  const target = { rooms: rooms.slice(1), users }
  const done = { frames: 0, requests: 0 }
  const onSent = (name: keyof typeof done) => (count: number) => {
    done[name] += count
    onProgress(done)
  }
  const startedAtMs = performance.now()
  const slow = await SlowClients.open(websocket.ws, { count: options.slowClients, room: attacked, token })
  ends.defer(() => slow[Symbol.dispose]())
  const watched = watch(services)
  const common = { choice, token, target }
  const attack = Promise.all([
    attackSockets({
      ...common,
      url: websocket.ws,
      frames: options.frames,
      connections: CONNECTIONS,
      onSent: onSent('frames'),
    }),
    attackRequests({
      ...common,
      url: api.http,
      requests: options.requests,
      inFlight: REQUESTS_IN_FLIGHT,
      onSent: onSent('requests'),
    }),
  ])
  const [[frames, requests], meanwhile] = await Promise.all([attack, honest.latencies(attack.catch(() => undefined))])
  const [apiBytes = 0, websocketBytes = 0] = await watched.end()
  return {
    seconds: (performance.now() - startedAtMs) / 1000,
    answers: { frames, requests },
    latencies: { before, meanwhile },
    memory: { api: apiBytes, websocket: websocketBytes, limit: UNLIMITED_MEMORY_BYTES },
  }
}

/** Measures the memory of processes. `end` returns the largest, and throws for one that has ended or has a fault. */
function watch(services: readonly Service[]) {
  const pids = services.map((service) => service.pid())
  const most = services.map(() => 0)
  const measure = async () => {
    for (const [index, pid] of pids.entries()) most[index] = Math.max(most[index] ?? 0, await residentBytes(pid))
  }
  const timer = setInterval(() => void measure().catch(() => undefined), MEASURE_INTERVAL_MS)
  return {
    end: async (): Promise<readonly number[]> => {
      clearInterval(timer)
      for (const [index, service] of services.entries()) {
        const fault = service
          .output()
          .split('\n')
          .find((line) => line.includes('unexpected error'))
        if (!service.isRunning() || service.pid() !== pids[index] || fault !== undefined)
          throw new Error(`a process has a fault: ${fault ?? service.output().slice(-2000)}`)
      }
      await measure()
      return most
    },
  }
}

async function residentBytes(pid: number): Promise<number> {
  const [, kiB] = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kiB) * 1024
}
