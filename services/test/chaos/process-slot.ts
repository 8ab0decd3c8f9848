import { fakeClock } from '@chat-app/sandbox-servers'
import { eventually, must } from '@chat-app/testing'
import type { FaultProxy } from '../fault-proxy.ts'
import { JWT_SECRET, startService, type Service } from '../service.ts'

export const CLOCKS = ['+5m', 'right', '-5m'] as const
export type Clock = (typeof CLOCKS)[number]

/** A place for one process at a time, with a way of its own to the database. */
export class ProcessSlot {
  readonly command: 'api' | 'websocket'
  readonly database: FaultProxy
  readonly #databaseUrl: string
  readonly #redisUrl: () => string
  #service: Service | undefined
  /** Whether it was ended on purpose, and is not started again yet. */
  isEnded = true
  clock: Clock = 'right'

  constructor(options: {
    command: 'api' | 'websocket'
    database: FaultProxy
    databaseUrl: string
    redisUrl: () => string
  }) {
    this.command = options.command
    this.database = options.database
    this.#databaseUrl = options.databaseUrl
    this.#redisUrl = options.redisUrl
  }

  get service(): Service {
    return must(this.#service, 'a process')
  }

  /** Starts a process. One that ends because it cannot start is started again, as Kubernetes does. */
  async start(clock: Clock): Promise<void> {
    this.clock = clock
    const env = {
      DATABASE_URL: this.#databaseUrl,
      REDIS_URL: this.#redisUrl(),
      JWT_SECRET,
      ...(clock === 'right' ? {} : await fakeClock(clock)),
    }
    this.#service = await eventually(() => startService(this.command, env))
    this.isEnded = false
  }

  /** Ends the process. @param signal of which it ends */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.isEnded = true
    this.service.kill(signal)
    await this.service.exited()
  }

  /** What is wrong with the process itself; undefined while it works. */
  get fault(): string | undefined {
    if (!this.#service || this.isEnded) return undefined
    const line = this.service
      .output()
      .split('\n')
      .find((each) => each.includes('"unexpected error"'))
    if (line !== undefined) return `a ${this.command} process logged an unexpected error: ${line}`
    if (this.service.isRunning()) return undefined
    return `a ${this.command} process ended by itself: ${this.service.output().slice(-2000)}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isEnded = true
    this.#service?.kill('SIGCONT')
    await this.#service?.stop()
    await this.database[Symbol.asyncDispose]()
  }
}
