import { startRedis, type RedisServer } from '@chat-app/sandbox-servers'
import { must } from '@chat-app/testing'
import { connect, count, createRoom, type ChatClient, type Counts } from '../client/index.ts'
import { JWT_SECRET as secret, startService, type Service } from './service.ts'
import { openStore, type Store } from './store.ts'

const CLIENTS_OF_ROOM = 20
const SEND_INTERVAL_MS = 200

/** A connection that a process closed. */
export interface Closed {
  readonly client: ChatClient
  readonly code: number
  readonly reason: string
  /** By `performance.now()`. */
  readonly at: number
}

export interface CrowdOptions {
  readonly processes: number
  readonly clients: number
  readonly env: Record<string, string>
  /**
   * Starts a proxy in front of the processes, and returns its WebSocket URL.
   * @default none: each connect goes to any of the processes
   */
  readonly front?: (api: Service, processes: readonly Service[]) => Promise<string>
}

/** Clients in rooms of 20, one of which sends a message every 200 ms, and processes of `websocket`. */
export class Crowd implements AsyncDisposable {
  /** New connections go to any of them, as through a Service of Kubernetes. */
  readonly processes: Service[] = []
  readonly clients: ChatClient[] = []
  readonly closed: Closed[] = []
  readonly #env: Record<string, string>
  readonly #store: Store
  readonly #ends = new AsyncDisposableStack()
  readonly #sent: Promise<unknown>[] = []
  #sending: NodeJS.Timeout | undefined
  #address: string | undefined

  private constructor(store: Store, redis: RedisServer, env: Record<string, string>) {
    this.#store = store
    this.#ends.use(store)
    this.#ends.defer(() => redis.stop())
    this.#env = { DATABASE_URL: store.mariaDb.url, REDIS_URL: redis.url, JWT_SECRET: secret, ...env }
  }

  /** Starts a database, a Redis, `processes` processes with `env`, and connects the clients. */
  static async open(options: CrowdOptions): Promise<Crowd> {
    const [store, redis] = await Promise.all([openStore(), startRedis()])
    const crowd = new Crowd(store, redis, options.env)
    const api = await startService('api', crowd.#env)
    crowd.#ends.defer(() => api.stop())
    await crowd.add(options.processes)
    crowd.#address = await options.front?.(api, crowd.processes)
    while (crowd.clients.length < options.clients) await crowd.#fillRoom(api)
    crowd.#sending = setInterval(() => crowd.#send(), SEND_INTERVAL_MS)
    return crowd
  }

  /** Starts more processes. */
  async add(number: number): Promise<void> {
    const started = await Promise.all(Array.from({ length: number }, () => startService('websocket', this.#env)))
    this.processes.push(...started)
    for (const service of started) this.#ends.defer(() => service.stop())
  }

  /** A metric of each process; 0 where it has none. */
  metric(name: string): Promise<number[]> {
    return Promise.all(this.processes.map(async (service) => (await service.metrics()).get(name) ?? 0))
  }

  /** Sends nothing more, and waits until every message is acknowledged. */
  async finish(): Promise<void> {
    clearInterval(this.#sending)
    await Promise.all(this.#sent)
  }

  counts(): Counts {
    return count(this.clients.map(({ record }) => record))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sending)
    for (const message of this.#sent) message.catch(() => undefined)
    await Promise.all(this.clients.map((client) => client.close()))
    await this.#ends.disposeAsync()
  }

  async #fillRoom(api: Service): Promise<void> {
    const { room } = await createRoom(api.http, await this.#store.token('owner'))
    const joined = Array.from({ length: CLIENTS_OF_ROOM }, () => this.#join(room))
    this.clients.push(...(await Promise.all(joined)))
  }

  async #join(room: string): Promise<ChatClient> {
    const anyProcess = () => must(this.processes[Math.floor(Math.random() * this.processes.length)], 'a process').ws
    const client = await connect(this.#address ?? anyProcess, { token: await this.#store.token() })
    client.on('disconnected', (code, reason) => this.closed.push({ client, code, reason, at: performance.now() }))
    await client.join(room)
    return client
  }

  /** Lets the next client send a message to its room. */
  #send(): void {
    const client = must(this.clients[this.#sent.length % this.clients.length], 'a client')
    const [room] = client.record.joined.keys()
    this.#sent.push(client.send(must(room, 'its room'), 'hello'))
  }
}
