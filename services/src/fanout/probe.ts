import { randomBytes } from 'node:crypto'
import { PROBE_INTERVAL_MS, PROBE_TIMEOUT_MS } from '../support/limits.ts'
import { messageOf } from '../support/errors.ts'

export interface ProbeOptions {
  /**
   * Publishes on a channel. Undefined if nothing can be sent now: there is no connection.
   * @throws the error of Redis or of the connection
   */
  readonly publish: (channel: string, message: Buffer) => Promise<unknown> | undefined
  /** Whether what is published on the channel should return. On other channels the reply is enough. */
  readonly isSubscribed: (channel: string) => boolean
  /**
   * Called when three probes in a row failed, and while they go on failing: after 10 s, then after times that double up
   * to 5 minutes, each up to half as long again at random, so that the processes do not act together.
   */
  readonly onFailed: (trouble: string) => void
  /** Called when a probe that had failed returned after all: Redis is slow, and loses nothing. */
  readonly onLate: (afterMs: number) => void
}

interface Sent {
  readonly channel: string
  readonly message: Buffer
  /** By `performance.now()`. */
  readonly atMs: number
}

/** The version of an envelope that no release reads: receivers drop it. */
const VERSION = 0
const ID_BYTES = 12
const MAX_FAILURES = 3
/** The shortest time between two calls of `onFailed`. */
const FAILED_INTERVAL_MS = { first: 10_000, most: 300_000 }
/** Failed probes that may return late. */
const MAX_LATE = 8
/** Channels that wait for their probe; more are not probed. */
const MAX_SUSPECTS = 1000

/**
 * Finds out whether what this process publishes returns to it. It publishes on the very channels of which an event was
 * missing: at most one probe a second, one at a time, and none while nothing is missing. A probe that returns shows
 * that this process is well, and that another one failed to publish.
 */
export class Probe {
  readonly #options: ProbeOptions
  /** In the order in which they were suspected. A channel stays until its probe returns. */
  readonly #suspects = new Set<string>()
  #awaited: (Sent & { readonly returned: () => void }) | undefined
  /** The last probes that failed, the oldest first. */
  #late: Sent[] = []
  #timer: NodeJS.Timeout | undefined
  #failures = 0
  #trouble: string | undefined
  #beganAtMs = -Infinity
  #mayFailAtMs = -Infinity
  #failedIntervalMs = FAILED_INTERVAL_MS.first
  #closed = false

  constructor(options: ProbeOptions) {
    this.#options = options
  }

  /** What is wrong, once three probes in a row have failed and until one returns. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  /** An event of this channel is missing, or could not be published. */
  suspect(channel: string): void {
    if (this.#suspects.size < MAX_SUSPECTS) this.#suspects.add(channel)
    this.#schedule()
  }

  /** The channel is no longer subscribed. */
  forget(channel: string): void {
    this.#suspects.delete(channel)
    this.#late = this.#late.filter((sent) => sent.channel !== channel)
    if (this.#awaited?.channel === channel) this.#awaited.returned()
  }

  /** A message arrived that is no envelope. */
  receive(channel: string, message: Buffer): void {
    const isThis = (sent: Sent) => sent.channel === channel && sent.message.equals(message)
    if (this.#awaited && isThis(this.#awaited)) return this.#awaited.returned()
    const late = this.#late.find(isThis)
    if (late) this.#onLate(late)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    if (this.#closed || this.#timer !== undefined) return
    const waitMs = Math.max(this.#beganAtMs + PROBE_INTERVAL_MS - performance.now(), 0)
    this.#timer = setTimeout(() => {
      void this.#round().finally(() => {
        this.#timer = undefined
        if (this.#suspects.size > 0) this.#schedule()
      })
    }, waitMs)
    this.#timer.unref()
  }

  async #round(): Promise<void> {
    this.#beganAtMs = performance.now()
    const [channel] = this.#suspects
    if (channel !== undefined) {
      const trouble = await this.#probe(channel)
      if (trouble === NOT_SENT) return
      const isForgotten = !this.#suspects.has(channel)
      if (trouble !== undefined && !isForgotten) return this.#onFailure(trouble)
      if (!isForgotten) this.#failedIntervalMs = FAILED_INTERVAL_MS.first
      this.#suspects.delete(channel)
      // A forgotten channel says nothing; the others do.
      if (isForgotten && this.#suspects.size > 0) return
    }
    this.#onWell()
  }

  #onWell(): void {
    this.#failures = 0
    this.#trouble = undefined
  }

  /** Other connections would not be faster, and opening them is more work for Redis. */
  #onLate({ channel, atMs }: Sent): void {
    this.#late = this.#late.filter((sent) => sent.atMs > atMs)
    this.#suspects.delete(channel)
    this.#onWell()
    this.#options.onLate(performance.now() - atMs)
  }

  #onFailure(trouble: string): void {
    this.#failures += 1
    if (this.#failures < MAX_FAILURES) return
    this.#trouble = trouble
    const now = performance.now()
    if (now < this.#mayFailAtMs) return
    this.#mayFailAtMs = now + this.#failedIntervalMs * (1 + Math.random() / 2)
    this.#failedIntervalMs = Math.min(2 * this.#failedIntervalMs, FAILED_INTERVAL_MS.most)
    this.#failures = 0
    this.#options.onFailed(trouble)
  }

  /** Undefined if the probe returned. */
  async #probe(channel: string): Promise<string | undefined> {
    const message = Buffer.concat([Buffer.from([VERSION]), randomBytes(ID_BYTES)])
    const returned = Promise.withResolvers<void>()
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(
      () => late.reject(new Error(`what it publishes does not return within ${PROBE_TIMEOUT_MS} ms`)),
      PROBE_TIMEOUT_MS,
    )
    const sent = { channel, message, atMs: performance.now() }
    this.#awaited = { ...sent, returned: returned.resolve }
    try {
      const published = this.#options.publish(channel, message)
      if (published === undefined) return NOT_SENT
      const done = this.#options.isSubscribed(channel) ? Promise.all([published, returned.promise]) : published
      await Promise.race([done, late.promise])
      return undefined
    } catch (error) {
      this.#late = [...this.#late, sent].slice(-MAX_LATE)
      return `${MAX_FAILURES} probes in a row failed: ${messageOf(error)}`
    } finally {
      clearTimeout(timer)
      this.#awaited = undefined
    }
  }
}

const NOT_SENT = 'not sent'
