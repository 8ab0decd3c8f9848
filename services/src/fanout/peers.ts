import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { MAX_PEERS, MISSED_HEARTBEATS, PEER_HEARTBEAT_MS, SCALE_OUT_MEMORY_MS } from '../support/limits.ts'
import type { Bus } from './bus.ts'

const heartbeatFrame = z.object({
  process: z.uuid(),
  /** Open connections; null when the process stops. */
  connections: z.int().min(0).max(1_000_000).nullable(),
  /** Time since its first heartbeat. A duration, since the clocks of two nodes differ. */
  ageMs: z.int().min(0),
})

const MAX_HEARTBEAT_BYTES = 512

interface Peer {
  connections: number
  readonly startedAtMs: number
  heardAtMs: number
}

export interface PeersOptions {
  readonly bus: Pick<Bus, 'onEnvelope' | 'subscribe' | 'publish'>
  /** Only processes of the same group hear each other. */
  readonly group: string
}

/**
 * The other processes of the group, known by the heartbeats that they send through Redis. One that misses three heartbeats, or says
 * that it stops, does not count. Times are those of `performance.now()`.
 */
export class Peers {
  readonly #options: PeersOptions
  readonly #channel: string
  readonly #process = randomUUID()
  readonly #peers = new Map<string, Peer>()
  /** When those that are gone started. */
  #former: number[] = []
  #startedAtMs: number | undefined
  #beats = 0

  constructor(options: PeersOptions) {
    this.#options = options
    this.#channel = `chat:peers:${options.group}`
  }

  /** Listens from now on. */
  listen(): void {
    this.#options.bus.onEnvelope((channel, { frame }) => {
      if (channel === this.#channel) this.#receive(frame)
    })
    void this.#options.bus.subscribe(this.#channel)
  }

  /** Sends a heartbeat. Without Redis nobody hears it. @param connections null when this process stops */
  beat(connections: number | null): void {
    const now = performance.now()
    if (this.#startedAtMs === undefined && connections === null) return
    this.#startedAtMs ??= now
    const ageMs = Math.round(now - this.#startedAtMs)
    const frame = Buffer.from(JSON.stringify({ process: this.#process, connections, ageMs }))
    this.#options.bus.publish(this.#channel, { epoch: 0, seq: (this.#beats += 1), frame })
  }

  /** The connections of each other process. */
  connections(): number[] {
    this.#forget()
    return [...this.#peers.values()].map(({ connections }) => connections)
  }

  /** When the processes of the group sent their first heartbeat, this one too and those of the last hour that are gone; sorted. */
  starts(): number[] {
    this.#forget()
    const own = this.#startedAtMs === undefined ? [] : [this.#startedAtMs]
    const others = [...this.#peers.values()].map(({ startedAtMs }) => startedAtMs)
    return [...own, ...others, ...this.#former].sort((a, b) => a - b)
  }

  #receive(frame: Buffer): void {
    const heartbeat = parse(frame)
    if (heartbeat === undefined || heartbeat.process === this.#process) return
    const { process, connections, ageMs } = heartbeat
    const now = performance.now()
    const known = this.#peers.get(process)
    if (connections === null) this.#remove(process)
    else if (known) Object.assign(known, { connections, heardAtMs: now })
    else if (this.#peers.size < MAX_PEERS) {
      this.#peers.set(process, { connections, startedAtMs: now - ageMs, heardAtMs: now })
    }
  }

  #forget(): void {
    const now = performance.now()
    for (const [process, { heardAtMs }] of this.#peers) {
      if (now - heardAtMs > MISSED_HEARTBEATS * PEER_HEARTBEAT_MS) this.#remove(process)
    }
    this.#former = this.#former.filter((startedAtMs) => now - startedAtMs < SCALE_OUT_MEMORY_MS)
  }

  #remove(process: string): void {
    const peer = this.#peers.get(process)
    if (peer) this.#former = [...this.#former, peer.startedAtMs].slice(-MAX_PEERS)
    this.#peers.delete(process)
  }
}

/** Undefined for what is no heartbeat of this release. */
function parse(frame: Buffer): z.infer<typeof heartbeatFrame> | undefined {
  if (frame.length > MAX_HEARTBEAT_BYTES) return undefined
  try {
    return heartbeatFrame.safeParse(JSON.parse(frame.toString())).data
  } catch {
    return undefined
  }
}
