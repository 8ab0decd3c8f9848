import { Cluster } from 'ioredis'
import { messageOf } from '../support/errors.ts'
import { decodeEnvelope, encodeEnvelope, type Envelope } from './envelope.ts'
import { RoundTrip } from './round-trip.ts'
import { openRedis, type RedisClient } from './redis-client.ts'

export interface BusOptions {
  readonly url: string
  readonly ca?: string | undefined
  readonly onTrouble?: (message: string) => void
  /** Called with the seconds that one of our own messages took to come back, where this process listens to its channel. */
  readonly onReturned?: (seconds: number) => void
}

export type BusListener = (channel: string, envelope: Envelope) => void

/** Publishes that may be on their way at once (some 40 MiB at most); more are left to the catch-up. */
const maxInFlight = 2000

/**
 * Carries events to the other pods, at most once: whatever goes wrong here only makes them later, for the receivers find what
 * they missed in the database. So nothing of it ever throws. On a cluster each room's channel lives on one shard.
 */
export class Bus {
  readonly #options: BusOptions
  readonly #channels = new Set<string>()
  #listener: BusListener = () => undefined
  #url: string
  #publisher: RedisClient
  #subscriber: RedisClient | undefined
  #inFlight = 0
  #trouble: string | undefined
  readonly #roundTrip: RoundTrip

  constructor(options: BusOptions) {
    this.#options = options
    this.#roundTrip = new RoundTrip(options.onReturned ?? (() => undefined))
    this.#url = options.url
    this.#publisher = this.#open('publisher')
  }

  onEnvelope(listener: BusListener): void {
    this.#listener = listener
  }

  /** Undefined while all is well, else what the last error said. */
  get trouble(): string | undefined {
    return this.#publisher.status === 'ready' ? undefined : (this.#trouble ?? `is ${this.#publisher.status}`)
  }

  /** Sends the envelope on its way; false where it is known at once that it will not arrive. */
  publish(channel: string, envelope: Envelope): boolean {
    const publisher = this.#publisher
    if (publisher.status !== 'ready' || this.#inFlight >= maxInFlight) return false
    const message = encodeEnvelope(envelope)
    this.#inFlight += 1
    if (this.#channels.has(channel)) this.#roundTrip.begin(channel, envelope)
    const sent =
      publisher instanceof Cluster ? publisher.spublish(channel, message) : publisher.publish(channel, message)
    sent.catch((error: unknown) => this.#report(error)).finally(() => (this.#inFlight -= 1))
    return true
  }

  /** Resolves when the subscription stands, or at once where there is no connection: it is made up for as soon as there is one. */
  async subscribe(channel: string): Promise<void> {
    this.#channels.add(channel)
    this.#subscriber ??= this.#openSubscriber()
    await this.#subscribeOn(this.#subscriber, [channel])
  }

  unsubscribe(channel: string): void {
    this.#channels.delete(channel)
    this.#roundTrip.forget(channel)
    const subscriber = this.#subscriber
    if (!subscriber || subscriber.status !== 'ready') return
    const done = subscriber instanceof Cluster ? subscriber.sunsubscribe(channel) : subscriber.unsubscribe(channel)
    done.catch((error: unknown) => this.#report(error))
  }

  /** Opens every connection anew, with all subscriptions; the old ones are closed once the new can take over. */
  refresh(url: string = this.#url): void {
    // A URL that is no URL throws here, and nothing has changed.
    const publisher = this.#open('publisher', url)
    const subscriber = this.#subscriber && this.#openSubscriber(url)
    const old = [this.#publisher, this.#subscriber]
    this.#url = url
    this.#publisher = publisher
    this.#subscriber = subscriber
    setTimeout(() => old.forEach((client) => client?.disconnect()), overlapMs).unref()
  }

  async ping(): Promise<void> {
    await this.#publisher.ping()
  }

  close(): void {
    this.#publisher.disconnect()
    this.#subscriber?.disconnect()
  }

  #openSubscriber(url = this.#url): RedisClient {
    const subscriber = this.#open('subscriber', url)
    subscriber.on(
      subscriber instanceof Cluster ? 'smessageBuffer' : 'messageBuffer',
      (channel: Buffer, message: Buffer) => {
        const envelope = decodeEnvelope(message)
        if (envelope) this.#receive(channel.toString('latin1'), envelope)
      },
    )
    // After every connect: what was asked for while there was no connection has not been subscribed yet.
    subscriber.on('ready', () => void this.#subscribeOn(subscriber, [...this.#channels]))
    return subscriber
  }

  #receive(channel: string, envelope: Envelope): void {
    this.#roundTrip.end(channel, envelope)
    this.#listener(channel, envelope)
  }

  async #subscribeOn(subscriber: RedisClient, channels: readonly string[]): Promise<void> {
    if (subscriber.status !== 'ready' || channels.length === 0) return
    try {
      // One command of a cluster names channels of one slot only.
      if (subscriber instanceof Cluster) await Promise.all(channels.map((channel) => subscriber.ssubscribe(channel)))
      else await subscriber.subscribe(...channels)
    } catch (error) {
      this.#report(error)
    }
  }

  #open(role: string, url = this.#url): RedisClient {
    const client = openRedis({ url, ca: this.#options.ca, name: `chat-${role}` })
    client.on('error', (error: unknown) => this.#report(error))
    return client
  }

  #report(error: unknown): void {
    const cause = (error as { lastNodeError?: unknown }).lastNodeError
    this.#trouble = messageOf(cause ?? error)
    this.#options.onTrouble?.(this.#trouble)
  }
}

const overlapMs = 3000
