import { Cluster } from 'ioredis'
import { messageOf } from '../support/errors.ts'
import { decodeEnvelope, encodeEnvelope, type Envelope } from './envelope.ts'
import { decodeEphemeral, encodeEphemeral, type Ephemeral } from './ephemeral.ts'
import { Probe } from './probe.ts'
import { RoundTrip } from './round-trip.ts'
import { openRedis, type RedisClient } from './redis-client.ts'

export interface BusOptions {
  readonly url: string
  readonly ca?: string | undefined
  readonly onTrouble?: (message: string) => void
  /** Called with the seconds until a message of this process returned. Only channels that it subscribes to are measured. */
  readonly onReturned?: (seconds: number) => void
  /** Called when the connections are opened again, because probes do not return. */
  readonly onReopen?: (trouble: string) => void
  /** Called with the seconds after which a probe returned that had been given up. */
  readonly onSlow?: (seconds: number) => void
}

export type BusListener = (channel: string, envelope: Envelope) => void
export type EphemeralListener = (channel: string, message: Ephemeral) => void

/** Published messages without an answer, about 40 MiB at most. The catch-up delivers what exceeds it. */
const MAX_IN_FLIGHT = 2000
/** The same of ephemeral messages; what exceeds it is dropped. */
const MAX_EPHEMERAL_IN_FLIGHT = 1000
/** Channels that one command subscribes to. */
const CHANNELS_OF_COMMAND = 500
/** How long old connections stay open after new ones were opened. */
const OVERLAP_MS = 3000

/**
 * Carries events to the other pods, at most once. A failure only delays them, because the receivers read what they
 * missed from the database; so publishing and subscribing never throw. On a Redis Cluster a room's channel is on one
 * shard. When something was missed, a probe finds out whether the fault is here; then the connections are opened again.
 */
export class Bus {
  readonly #options: BusOptions
  /** How many have subscribed to each channel. */
  readonly #channels = new Map<string, number>()
  readonly #listeners: BusListener[] = []
  readonly #ephemeralListeners: EphemeralListener[] = []
  #url: string
  #publisher: RedisClient
  #subscriber: RedisClient | undefined
  #inFlight = 0
  #ephemeralInFlight = 0
  #trouble: string | undefined
  readonly #roundTrip: RoundTrip
  readonly #probe: Probe

  constructor(options: BusOptions) {
    this.#options = options
    this.#roundTrip = new RoundTrip(options.onReturned ?? (() => undefined), (channel) => this.suspect(channel))
    this.#probe = new Probe({
      publish: (channel, message) => (this.#publisher.status === 'ready' ? this.#publish(channel, message) : undefined),
      isSubscribed: (channel) => this.#channels.has(channel),
      onFailed: (trouble) => {
        options.onReopen?.(trouble)
        this.refresh()
      },
      onLate: (afterMs) => options.onSlow?.(afterMs / 1000),
    })
    this.#url = options.url
    this.#publisher = this.#open('publisher')
  }

  /** Adds a listener, which hears every channel. */
  onEnvelope(listener: BusListener): void {
    this.#listeners.push(listener)
  }

  /** Adds a listener for what is published beside events. */
  onEphemeral(listener: EphemeralListener): void {
    this.#ephemeralListeners.push(listener)
  }

  /** What is wrong; undefined while the connections are open and, as far as that is known, carry messages. */
  get trouble(): string | undefined {
    const closed = [this.#publisher, this.#subscriber].find((client) => client && client.status !== 'ready')
    if (closed) return this.#trouble ?? `the connection is ${closed.status}`
    return this.#probe.trouble
  }

  /** An event of this channel did not arrive. Three probes that do not return open the connections again. */
  suspect(channel: string): void {
    this.#probe.suspect(channel)
  }

  /** Publishes an envelope. Returns false if it was not sent: there is no connection, or too much is in flight. */
  publish(channel: string, envelope: Envelope): boolean {
    if (this.#publisher.status !== 'ready' || this.#inFlight >= MAX_IN_FLIGHT) return false
    this.#inFlight += 1
    if (this.#channels.has(channel)) this.#roundTrip.begin(channel, envelope)
    this.#publish(channel, encodeEnvelope(envelope))
      .catch((error: unknown) => {
        this.#report(error)
        this.suspect(channel)
      })
      .finally(() => (this.#inFlight -= 1))
    return true
  }

  /** Publishes what may be lost. Returns false if it was not sent: there is no connection, or too much is in flight. */
  publishEphemeral(channel: string, message: Ephemeral): boolean {
    if (this.#publisher.status !== 'ready' || this.#ephemeralInFlight >= MAX_EPHEMERAL_IN_FLIGHT) return false
    this.#ephemeralInFlight += 1
    this.#publish(channel, encodeEphemeral(message))
      .catch((error: unknown) => this.#report(error))
      .finally(() => (this.#ephemeralInFlight -= 1))
    return true
  }

  /**
   * Resolves once the channels are subscribed. Without a connection it resolves at once, and they are subscribed on
   * connect. Each call needs an `unsubscribe`.
   */
  async subscribe(...channels: readonly string[]): Promise<void> {
    const added = channels.filter((channel) => !this.#channels.has(channel))
    for (const channel of channels) this.#channels.set(channel, (this.#channels.get(channel) ?? 0) + 1)
    this.#subscriber ??= this.#openSubscriber()
    await this.#subscribeOn(this.#subscriber, added)
  }

  /** Ends the subscription to each channel when all who subscribed to it have called this. */
  unsubscribe(...channels: readonly string[]): void {
    const ended = channels.filter((channel) => this.#release(channel))
    const subscriber = this.#subscriber
    if (!subscriber || subscriber.status !== 'ready') return
    // On a cluster, one command takes channels of one slot only.
    const done =
      subscriber instanceof Cluster
        ? ended.map((channel) => subscriber.sunsubscribe(channel))
        : chunks(ended).map((chunk) => subscriber.unsubscribe(...chunk))
    for (const one of done) one.catch((error: unknown) => this.#report(error))
  }

  /** Opens new connections with all subscriptions, and closes the old ones after an overlap. @throws Error for an invalid URL */
  refresh(url: string = this.#url): void {
    // An invalid URL throws here, before anything is changed.
    const publisher = this.#open('publisher', url)
    const subscriber = this.#subscriber && this.#openSubscriber(url)
    const old = [this.#publisher, this.#subscriber]
    this.#url = url
    this.#publisher = publisher
    this.#subscriber = subscriber
    setTimeout(() => old.forEach((client) => client?.disconnect()), OVERLAP_MS).unref()
  }

  /** @throws the error of Redis or of the connection */
  async ping(): Promise<void> {
    await this.#publisher.ping()
  }

  close(): void {
    this.#probe.close()
    this.#publisher.disconnect()
    this.#subscriber?.disconnect()
  }

  /** @returns whether nobody subscribes to the channel any more */
  #release(channel: string): boolean {
    const others = (this.#channels.get(channel) ?? 0) - 1
    if (others > 0) this.#channels.set(channel, others)
    if (others > 0) return false
    this.#channels.delete(channel)
    this.#roundTrip.forget(channel)
    this.#probe.forget(channel)
    return true
  }

  #openSubscriber(url = this.#url): RedisClient {
    const subscriber = this.#open('subscriber', url)
    subscriber.on(
      subscriber instanceof Cluster ? 'smessageBuffer' : 'messageBuffer',
      (channel: Buffer, message: Buffer) => {
        const [name, envelope] = [channel.toString('latin1'), decodeEnvelope(message)]
        const ephemeral = envelope ? undefined : decodeEphemeral(message)
        if (envelope) this.#receive(name, envelope)
        else if (ephemeral) for (const listener of this.#ephemeralListeners) listener(name, ephemeral)
        // What an old connection still hears says nothing about the present one.
        else if (subscriber === this.#subscriber) this.#probe.receive(name, message)
      },
    )
    // On every connect, because channels may have been added while there was no connection.
    subscriber.on('ready', () => void this.#subscribeOn(subscriber, [...this.#channels.keys()]))
    return subscriber
  }

  #publish(channel: string, message: Buffer): Promise<unknown> {
    const publisher = this.#publisher
    return publisher instanceof Cluster ? publisher.spublish(channel, message) : publisher.publish(channel, message)
  }

  #receive(channel: string, envelope: Envelope): void {
    this.#roundTrip.end(channel, envelope)
    for (const listener of this.#listeners) listener(channel, envelope)
  }

  async #subscribeOn(subscriber: RedisClient, channels: readonly string[]): Promise<void> {
    if (subscriber.status !== 'ready' || channels.length === 0) return
    try {
      // On a cluster, one command takes channels of one slot only.
      if (subscriber instanceof Cluster) await Promise.all(channels.map((channel) => subscriber.ssubscribe(channel)))
      else await Promise.all(chunks(channels).map((chunk) => subscriber.subscribe(...chunk)))
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

function chunks(channels: readonly string[]): string[][] {
  const count = Math.ceil(channels.length / CHANNELS_OF_COMMAND)
  return Array.from({ length: count }, (_, index) =>
    channels.slice(index * CHANNELS_OF_COMMAND, (index + 1) * CHANNELS_OF_COMMAND),
  )
}
