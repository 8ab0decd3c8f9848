import { cpuSeconds } from '../measure/cpu.ts'
import { roomOf, userOf, type Contestant } from './contestants.ts'
import { WireClient } from './wire-client.ts'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Load {
  readonly messagesPerSecond: number
  readonly seconds: number
}

/** What one server did under one load. */
export interface Measured {
  readonly deliveries: number
  /** Messages that did not reach everyone in their room within the time of a drain. */
  readonly lost: number
  readonly bytesPerDelivery: number
  readonly cpuSeconds: number
  /** Milliseconds from the time when a message should have been sent until it arrived, ascending. */
  readonly latenciesMs: Float64Array
  /** Why the round counts for nothing; undefined if it counts. */
  readonly invalid: string | undefined
}

/** Clients that connect at a time. */
const CONNECTING = 50
const WARM_UP_SECONDS = 0.5
const DRAIN_MS = 3000
const POLL_MS = 5
const MAX_DELAY_P99_MS = 5
const NANOSECONDS = 1e6

/** All clients of one contestant: client `i` is in room `i / size`, and connected to process `i % processes`. */
export class Crowd {
  readonly contestant: Contestant
  readonly #clients: WireClient[] = []
  readonly #size: number
  readonly #scheduledAtMs: number[] = []
  readonly #latencies: number[] = []
  #firstNo = 0
  #arrived = 0
  #bytes = 0
  #closed: string | undefined

  private constructor(contestant: Contestant, size: number) {
    this.contestant = contestant
    this.#size = size
  }

  static async open(contestant: Contestant, { clients, size }: { clients: number; size: number }): Promise<Crowd> {
    const crowd = new Crowd(contestant, size)
    for (let at = 0; at < clients; at += CONNECTING) {
      const some = Array.from({ length: Math.min(CONNECTING, clients - at) }, (_, i) => crowd.#connect(at + i))
      await Promise.all(some.map((client) => client.joined))
    }
    return crowd
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }

  /** Sends at a steady rate, whatever the server does, and waits until everything has arrived. */
  async measure({ messagesPerSecond, seconds }: Load): Promise<Measured> {
    await this.#send({ messagesPerSecond, seconds: WARM_UP_SECONDS })
    await this.#drain()
    this.#begin()
    const delay = monitorEventLoopDelay({ resolution: 1 })
    const before = cpuSeconds(this.contestant.pids)
    delay.enable()
    await this.#send({ messagesPerSecond, seconds })
    delay.disable()
    const unsent = this.#clients.filter(({ unsentBytes }) => unsentBytes > 0).length
    await this.#drain()
    const deliveries = this.#arrived
    return {
      deliveries,
      lost: this.#expected - deliveries,
      bytesPerDelivery: this.#bytes / deliveries,
      cpuSeconds: cpuSeconds(this.contestant.pids) - before,
      latenciesMs: Float64Array.from(this.#latencies).toSorted(),
      invalid: this.#closed ?? (unsent > 0 ? `${unsent} clients could not send` : tooLate(delay)),
    }
  }

  get #expected(): number {
    return (this.#scheduledAtMs.length - this.#firstNo) * this.#size
  }

  #connect(index: number): WireClient {
    const { contestant } = this
    const { prefix, ports, dialect } = contestant
    const who = { user: userOf(prefix, index), room: roomOf(prefix, Math.floor(index / this.#size)) }
    const client = new WireClient(ports[index % ports.length] ?? 0, dialect, who, {
      onMessage: (no, bytes) => this.#onMessage(no, bytes),
      onClosed: (reason) => (this.#closed = reason),
    })
    this.#clients.push(client)
    return client
  }

  #onMessage(no: number, bytes: number): void {
    // What is left of the load before belongs to no measurement.
    if (no < this.#firstNo) return
    this.#latencies.push(performance.now() - (this.#scheduledAtMs[no] ?? 0))
    this.#arrived += 1
    this.#bytes += bytes
  }

  #begin(): void {
    this.#firstNo = this.#scheduledAtMs.length
    this.#latencies.length = 0
    this.#arrived = 0
    this.#bytes = 0
  }

  async #send({ messagesPerSecond, seconds }: Load): Promise<void> {
    const startedAtMs = performance.now()
    const count = Math.round(messagesPerSecond * seconds)
    for (let sent = 0; sent < count; await sleep(1)) {
      const due = Math.min(count, Math.floor(((performance.now() - startedAtMs) / 1000) * messagesPerSecond))
      for (; sent < due; sent += 1) this.#sendNext(startedAtMs + (sent / messagesPerSecond) * 1000)
    }
  }

  /** The rooms take turns, and in each room its clients. */
  #sendNext(scheduledAtMs: number): void {
    const no = this.#scheduledAtMs.length
    this.#scheduledAtMs.push(scheduledAtMs)
    const rooms = this.#clients.length / this.#size
    const turn = Math.floor(no / rooms)
    this.#clients[(no % rooms) * this.#size + (turn % this.#size)]?.send(no)
  }

  async #drain(): Promise<void> {
    const deadlineMs = performance.now() + DRAIN_MS
    while (this.#arrived < this.#expected && performance.now() < deadlineMs) await sleep(POLL_MS)
  }
}

function tooLate(delay: ReturnType<typeof monitorEventLoopDelay>): string | undefined {
  const p99Ms = delay.percentile(99) / NANOSECONDS
  return p99Ms > MAX_DELAY_P99_MS ? `the event loop of the clients was ${p99Ms.toFixed(1)} ms late` : undefined
}
