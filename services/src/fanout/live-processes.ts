import type { ChannelNames } from '../store/channel-names.ts'
import { MAX_PEERS, MISSED_HEARTBEATS, PEER_HEARTBEAT_MS } from '../support/limits.ts'
import type { Bus } from './bus.ts'

export interface LiveProcessesOptions {
  readonly bus: Pick<Bus, 'onEphemeral' | 'subscribe' | 'publishEphemeral'>
  readonly names: Pick<ChannelNames, 'of'>
  /** The id of this process. */
  readonly process: string
  /** A process has not been heard of for three heartbeats. */
  readonly onDead: (process: string) => void
}

const TOLERANCE_MS = 2000

/** The processes that have connections, by their heartbeats. */
export class LiveProcesses {
  readonly #options: LiveProcessesOptions
  /** When each was heard last, by `performance.now()`. This one is among them: its own heartbeat returns. */
  readonly #heardAtMs = new Map<string, number>()
  #channel: string | undefined
  #beatAtMs = -Infinity
  #returnedAtMs = -Infinity
  /** Since when every own heartbeat has returned. */
  #soundSinceMs = Infinity

  constructor(options: LiveProcessesOptions) {
    this.#options = options
    options.bus.onEphemeral((channel, message) => {
      if (channel !== this.#channel || message.is !== 'alive') return
      if (message.process === options.process) this.#onReturned()
      else this.heard(message.process)
    })
  }

  /** Whether what this process publishes returns. If it does not, silence says nothing about the others. */
  get isSound(): boolean {
    return performance.now() - this.#returnedAtMs <= PEER_HEARTBEAT_MS + TOLERANCE_MS
  }

  /** Listens from now on. */
  listen(): void {
    if (this.#channel !== undefined) return
    this.#channel = this.#options.names.of('processes', '')
    if (this.#channel !== undefined) void this.#options.bus.subscribe(this.#channel)
  }

  /** A process is alive. */
  heard(process: string): void {
    if (process === this.#options.process) return
    if (this.#heardAtMs.has(process) || this.#heardAtMs.size < MAX_PEERS)
      this.#heardAtMs.set(process, performance.now())
  }

  /** Call it once a second. @param isUsed this process has connections, or wants to know whether others are alive */
  tick(isUsed: boolean): void {
    const now = performance.now()
    const isDue = now - this.#beatAtMs >= PEER_HEARTBEAT_MS
    if (isDue && (isUsed || this.#channel !== undefined)) this.#beat(now)
    if (!this.isSound) return
    for (const [process, heardAtMs] of this.#heardAtMs) {
      if (now - Math.max(heardAtMs, this.#soundSinceMs) <= MISSED_HEARTBEATS * PEER_HEARTBEAT_MS) continue
      this.#heardAtMs.delete(process)
      this.#options.onDead(process)
    }
  }

  #onReturned(): void {
    const now = performance.now()
    if (!this.isSound) this.#soundSinceMs = now
    this.#returnedAtMs = now
  }

  #beat(now: number): void {
    const channel = this.#options.names.of('processes', '')
    if (channel === undefined) return
    this.#beatAtMs = now
    this.#options.bus.publishEphemeral(channel, { is: 'alive', process: this.#options.process })
  }
}
