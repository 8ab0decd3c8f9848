import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis, type RedisServer } from '@chat-app/sandbox-servers'
import { must } from '@chat-app/testing'
import { connect, signToken, type ChatClient } from '../client/index.ts'
import { JWT_SECRET as secret, startService, type Service } from './service.ts'
import { openStore, type Store } from './store.ts'

export interface ReturningOptions {
  readonly clients: number
  /** Rooms that each client follows. */
  readonly rooms: number
  /** Clients that follow the same room. */
  readonly ofRoom: number
}

const ROWS_OF_STATEMENT = 5000
/** Clients that connect at a time, so that the first connects do not disturb each other. */
const CONNECTING = 100
/** Those who send meanwhile, each to a room of its own, and how often. */
const SENDERS = 10
const SEND_INTERVAL_MS = 50

/** Clients that follow many rooms through one process, which is killed, while others send through the other processes. */
export class Returning implements AsyncDisposable {
  readonly #options: ReturningOptions
  readonly #store: Store
  readonly #env: Record<string, string>
  readonly #ends: AsyncDisposableStack
  readonly #processes: Service[] = []
  readonly #clients: ChatClient[] = []
  readonly #senders: [ChatClient, room: string][] = []

  private constructor(options: ReturningOptions, store: Store, redis: RedisServer, ends: AsyncDisposableStack) {
    this.#options = options
    this.#store = store
    this.#ends = ends
    this.#env = { DATABASE_URL: store.mariaDb.url, REDIS_URL: redis.url, JWT_SECRET: secret }
  }

  /** Starts the servers and three processes, and lets the clients follow their rooms through the first one. */
  static async open(options: ReturningOptions): Promise<Returning> {
    const ends = new AsyncDisposableStack()
    const [store, redis] = await Promise.all([openStore(), startRedis()])
    ends.use(store)
    ends.defer(() => redis.stop())
    const returning = new Returning(options, store, redis, ends)
    await returning.#addRooms()
    for (let i = 0; i < 3; i += 1) await returning.#start()
    await returning.#connect()
    return returning
  }

  /** Milliseconds from each send to its acknowledgement, during some time. */
  async latencies(until: Promise<unknown>): Promise<number[]> {
    const over = new AbortController()
    const ended = until.finally(() => over.abort())
    const sendAll = async ([client, room]: [ChatClient, string]) => {
      const took: number[] = []
      while (!over.signal.aborted) {
        const sentAtMs = performance.now()
        await client.send(room, 'hello')
        took.push(performance.now() - sentAtMs)
        await sleep(SEND_INTERVAL_MS)
      }
      return took
    }
    const all = await Promise.all(this.#senders.map(sendAll))
    await ended
    return all.flat()
  }

  /** Kills the process of the clients. Resolves with the milliseconds after which each of them was answered again. */
  async kill(): Promise<number[]> {
    const answered = this.#clients.map(async (client) => {
      await once(client, 'synced')
      return performance.now()
    })
    const killedAtMs = performance.now()
    must(this.#processes.shift(), 'a process').kill('SIGKILL')
    return (await Promise.all(answered)).map((atMs) => atMs - killedAtMs)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#clients, ...this.#senders.map(([client]) => client)].map((client) => client.close()))
    await this.#ends.disposeAsync()
  }

  async #start(): Promise<void> {
    const service = await startService('websocket', this.#env)
    this.#ends.defer(() => service.stop())
    this.#processes.push(service)
  }

  /** Room `r` has the clients from `r` on, so that each client has other rooms than its neighbour. */
  async #addRooms(): Promise<void> {
    const { clients, rooms, ofRoom } = this.#options
    const count = Math.ceil((clients * rooms) / ofRoom)
    const { database } = this.#store
    await inChunks(
      count + SENDERS,
      (i) => [slugOf(i), i.toString(16).padStart(16, '0'), 'Room', nameOf(0), 1, 7],
      (rows) =>
        database.execute('INSERT INTO rooms (slug, channel, title, created_by, created_at, epoch) VALUES ?', [rows]),
    )
    const [first] = await database.query<never>('SELECT MIN(id) AS id FROM rooms')
    const { id } = first as unknown as { id: number }
    await inChunks(
      clients * rooms,
      (i) => [id + this.#roomOf(Math.floor(i / rooms), i % rooms), nameOf(Math.floor(i / rooms)), 1],
      (rows) => database.execute('INSERT INTO memberships (room, member, joined_at) VALUES ?', [rows]),
    )
    await inChunks(
      clients + SENDERS,
      (i) => [nameOf(i), 'x', 1],
      (rows) => database.execute('INSERT INTO users (name, password_hash, created_at) VALUES ?', [rows]),
    )
  }

  /** The room that a client has as its `index`th one. */
  #roomOf(client: number, index: number): number {
    const { clients, rooms, ofRoom } = this.#options
    const count = Math.ceil((clients * rooms) / ofRoom)
    return (client * rooms + index) % count
  }

  async #connect(): Promise<void> {
    const { clients, rooms, ofRoom } = this.#options
    const anyProcess = () => must(this.#processes[Math.floor(Math.random() * this.#processes.length)], 'a process').ws
    const open = async (index: number, address: () => string) =>
      connect(address, { token: signToken(secret, nameOf(index)) })
    let isFirst = true
    const firstProcess = () => (isFirst ? must(this.#processes[0], 'a process').ws : anyProcess())
    const follow = async (index: number) => {
      const client = await open(index, firstProcess)
      const synced = once(client, 'synced')
      client.follow(Array.from({ length: rooms }, (_, i) => [slugOf(this.#roomOf(index, i)), undefined] as const))
      await synced
      this.#clients.push(client)
    }
    for (let at = 0; at < clients; at += CONNECTING) {
      await Promise.all(Array.from({ length: Math.min(CONNECTING, clients - at) }, (_, i) => follow(at + i)))
    }
    isFirst = false
    for (let i = 0; i < SENDERS; i += 1) {
      const address = must(this.#processes[1 + (i % 2)], 'a process').ws
      const room = slugOf(Math.ceil((clients * rooms) / ofRoom) + i)
      const sender = await open(clients + i, () => address)
      await sender.join(room)
      this.#senders.push([sender, room])
    }
  }
}

const slugOf = (index: number) => `room${index}`
const nameOf = (index: number) => `user${index}`

async function inChunks(
  count: number,
  rowOf: (index: number) => unknown[],
  insert: (rows: unknown[][]) => Promise<unknown>,
): Promise<void> {
  for (let at = 0; at < count; at += ROWS_OF_STATEMENT) {
    await insert(Array.from({ length: Math.min(ROWS_OF_STATEMENT, count - at) }, (_, i) => rowOf(at + i)))
  }
}
