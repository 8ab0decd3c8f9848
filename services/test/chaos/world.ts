import { setTimeout as sleep } from 'node:timers/promises'
import { must } from '@chat-app/testing'
import { FaultProxy } from '../fault-proxy.ts'
import type { Service } from '../service.ts'
import { openStore, type Store } from '../store.ts'
import { CLOCKS, ProcessSlot } from './process-slot.ts'
import type { Choice } from './choice.ts'
import type { ChaosOptions } from './options.ts'
import { ClusterSide, SentinelSide } from './redis-side.ts'

const RETRY_MS = 50

/** The database, Redis and the processes of one run. */
export class World implements AsyncDisposable {
  readonly store: Store
  readonly redis: ClusterSide | SentinelSide
  readonly slots: readonly ProcessSlot[]

  private constructor(store: Store, redis: ClusterSide | SentinelSide, slots: readonly ProcessSlot[]) {
    this.store = store
    this.redis = redis
    this.slots = slots
  }

  static async open({ redis: kind, apiProcesses, websocketProcesses }: ChaosOptions): Promise<World> {
    const [store, redis] = await Promise.all([
      openStore(),
      kind === 'cluster' ? ClusterSide.open() : SentinelSide.open(),
    ])
    const commands = [
      ...Array.from({ length: apiProcesses }, () => 'api' as const),
      ...Array.from({ length: websocketProcesses }, () => 'websocket' as const),
    ]
    const slots = await Promise.all(
      commands.map(async (command, index) => {
        const database = await FaultProxy.start(store.mariaDb.port)
        const databaseUrl = store.mariaDb.url.replace(`:${store.mariaDb.port}/`, `:${database.port}/`)
        const slot = new ProcessSlot({ command, database, databaseUrl, redisUrl: () => redis.url })
        await slot.start(must(CLOCKS[index % CLOCKS.length]))
        return slot
      }),
    )
    return new World(store, redis, slots)
  }

  /** The processes of a command that are not ended on purpose. */
  running(command: 'api' | 'websocket'): ProcessSlot[] {
    return this.slots.filter((slot) => slot.command === command && !slot.isEnded)
  }

  /** The address for a connect, as a Service of Kubernetes chooses it. */
  websocketUrl(choice: Choice): string {
    const slots = this.slots.filter(({ command }) => command === 'websocket')
    return (choice.any(this.running('websocket')) ?? choice.of(slots)).service.ws
  }

  /** The base of the API for one request. Waits while none of its processes runs. */
  async apiUrl(choice: Choice): Promise<string> {
    for (;;) {
      const slot = choice.any(this.running('api'))
      if (slot) return slot.service.http
      await sleep(RETRY_MS)
    }
  }

  get services(): Service[] {
    return this.slots.map(({ service }) => service)
  }

  /** What is wrong with a process itself; undefined while all work. */
  get fault(): string | undefined {
    return this.slots.map(({ fault }) => fault).find((fault) => fault !== undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.store.mariaDb.resume()
    await Promise.all(this.slots.map((slot) => slot[Symbol.asyncDispose]()))
    await this.redis.end()
    await this.store[Symbol.asyncDispose]()
  }
}
