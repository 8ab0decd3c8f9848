import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { startMariaDb, startRedis } from '@chat-app/sandbox-servers'
import { eventually, must, uniqueName } from '@chat-app/testing'
import { connect, count, createRoom, register, type ChatClient, type Counts } from '../client/index.ts'
import { JWT_SECRET as secret, runCommand, startService, type Service } from './service.ts'

/** Each room has so many clients at each release. */
const CLIENTS_OF_ROOM = 2
const ENABLE_DEADLINE_MS = 120_000
const ENABLE_RETRY_MS = 5000

type Release = 'before' | 'after'

interface Home {
  readonly api: Service
  readonly websocket: Service
}

/** The processes of two releases on one database and one Redis, and clients of both in the same rooms. */
export class TwoReleases implements AsyncDisposable {
  /** From the call of `send` until a client has the message, in milliseconds, by the release of the receiver. */
  readonly latencies: Record<Release, number[]> = { before: [], after: [] }
  readonly #clients: { readonly client: ChatClient; readonly room: string }[] = []
  readonly #rooms: string[] = []
  readonly #sentAt = new Map<string, number>()
  readonly #sent: Promise<unknown>[] = []
  readonly #env: Record<string, string>
  readonly #ends = new AsyncDisposableStack()
  #homes: Partial<Record<Release, Home>> = {}
  #sending: NodeJS.Timeout | undefined

  private constructor(env: Record<string, string>) {
    this.#env = env
  }

  /** Starts the database with the schema of the release before, and its processes. @param before path of its `main.ts` */
  static async open(before: string, rooms: number): Promise<TwoReleases> {
    const [mariaDb, redis] = await Promise.all([startMariaDb(), startRedis()])
    const releases = new TwoReleases({ DATABASE_URL: mariaDb.url, REDIS_URL: redis.url, JWT_SECRET: secret })
    releases.#ends.defer(() => mariaDb.stop())
    releases.#ends.defer(() => redis.stop())
    await releases.#start('before', before)
    for (let index = 0; index < rooms; index += 1) {
      const { room } = await createRoom(releases.#home('before').api.http, await releases.#newUser())
      releases.#rooms.push(room)
    }
    await releases.#connect('before')
    return releases
  }

  /** Migrates, starts the processes of this release beside the others, and connects as many clients to them. */
  async startAfter(): Promise<void> {
    await this.#start('after')
    await this.#connect('after')
  }

  /** Lets the clients send one after the other, each to its room. */
  startSending(perSecond: number): void {
    this.#sending = setInterval(() => {
      const next = this.#clients[this.#sent.length % this.#clients.length]
      if (next) this.#send(next)
    }, 1000 / perSecond)
  }

  /** Ends the processes of the release before. Their clients connect to this one. */
  async endBefore(): Promise<void> {
    const { api, websocket } = this.#home('before')
    this.#homes = { after: this.#home('after') }
    for (const service of [websocket, api]) service.kill('SIGTERM')
    await Promise.all([websocket.exited(), api.exited()])
    await eventually(() => this.#clients.every(({ client }) => client.isConnected))
  }

  /** Runs `enable` until it does not say that the release before has just run. Returns its output. */
  async enable(...options: string[]): Promise<string> {
    const startedAtMs = performance.now()
    for (;;) {
      const { code, output } = await runCommand('enable', { ...this.#env, ENVIRONMENT: 'local' }, options)
      if (code === 0) return output
      if (code !== 75 || performance.now() - startedAtMs > ENABLE_DEADLINE_MS)
        throw new Error(`enable ended with ${code}: ${output}`)
      await sleep(ENABLE_RETRY_MS)
    }
  }

  /** Sends nothing more, and waits until every message has arrived. */
  async finish(): Promise<Counts> {
    clearInterval(this.#sending)
    await Promise.all(this.#sent)
    const counts = () => count(this.#clients.map(({ client }) => client.record))
    await eventually(() => counts().lost === 0).catch(() => undefined)
    return counts()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sending)
    await Promise.all(this.#clients.map(({ client }) => client.close()))
    await this.#ends.disposeAsync()
  }

  async #start(release: Release, main?: string): Promise<void> {
    const migrated = await runCommand('migrate', { ...this.#env, ENVIRONMENT: 'local', SERVER_PORT: '0' }, [], main)
    if (migrated.code !== 0) throw new Error(`migrate ended with ${migrated.code}: ${migrated.output}`)
    const [api, websocket] = await Promise.all(
      (['api', 'websocket'] as const).map((command) => startService(command, this.#env, main)),
    )
    const home = { api: must(api, 'an API'), websocket: must(websocket, 'a WebSocket service') }
    for (const service of [home.api, home.websocket]) this.#ends.defer(() => service.stop())
    this.#homes[release] = home
  }

  #home(release: Release): Home {
    return must(this.#homes[release], `the release ${release}`)
  }

  async #connect(release: Release): Promise<void> {
    for (const room of this.#rooms)
      for (let index = 0; index < CLIENTS_OF_ROOM; index += 1) {
        const token = await this.#newUser()
        const home = () => this.#homes[release] ?? this.#home('after')
        const client = await connect(() => home().websocket.ws, { token })
        client.on('event', ({ clientId }) => {
          const sentAt = this.#sentAt.get(clientId)
          const isBefore = release === 'before' && this.#homes.before !== undefined
          if (sentAt !== undefined) this.latencies[isBefore ? 'before' : 'after'].push(performance.now() - sentAt)
        })
        await client.join(room)
        this.#clients.push({ client, room })
      }
  }

  /** The token of a new user. */
  async #newUser(): Promise<string> {
    const user = { name: uniqueName('user'), password: randomUUID() }
    return (await register(this.#home('before').api.http, user)).token
  }

  #send({ client, room }: { client: ChatClient; room: string }): void {
    const clientId = `message-${this.#sent.length}`
    this.#sentAt.set(clientId, performance.now())
    const message = client.send(room, 'x'.repeat(100), clientId)
    // `finish` tells of a failure.
    message.catch(() => undefined)
    this.#sent.push(message)
  }
}
