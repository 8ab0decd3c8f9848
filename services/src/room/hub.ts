import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus } from '../fanout/bus.ts'
import type { EventHeader } from '../protocol/events.ts'
import type { Events } from '../store/events.ts'
import type { RoomHead, RoomKey, Rooms } from '../store/rooms.ts'
import { ROOM_LINGER_MS } from '../support/limits.ts'
import { LiveRoom } from './live-room.ts'
import type { RingBudget } from './ring.ts'

export interface HubOptions {
  readonly bus: Bus
  readonly rooms: Rooms
  readonly events: Events
  /** Forgets what it knows of a member when an event of the room changes it. */
  readonly memberships: { drop(room: number, user: string): void }
  /** Events kept in memory for each room. */
  readonly ringFrames: number
  /** Memory of these events for all rooms. */
  readonly ringsBytes: number
  /** Called with the number of events that were read from the database because Redis did not deliver them. */
  readonly onHealed?: (events: number) => void
  /** Called when this process has raised the epoch of a room, because the database has lost events that were delivered. */
  readonly onEpochRaised?: (room: RoomKey) => void
  readonly onError?: (error: unknown) => void
}

/** A room opens without its subscription after this time; until Redis answers, the catch-up delivers its events. */
const SUBSCRIBE_TIMEOUT_MS = 1000
/** Events kept that arrive before the room's head is known; the catch-up delivers the others. */
const MAX_EARLY_EVENTS = 1024

interface Received {
  readonly epoch: number
  readonly seq: number
  readonly payload: Buffer
  readonly header: EventHeader | undefined
}

interface Entry {
  readonly key: RoomKey
  readonly early: Received[]
  opening: Promise<LiveRoom>
  room: LiveRoom | undefined
  users: number
  closing: NodeJS.Timeout | undefined
}

/** The rooms that this process serves, each with its Redis subscription. */
export class Hub {
  readonly #options: HubOptions
  readonly #entries = new Map<number, Entry>()
  readonly #channels = new Map<string, Entry>()
  readonly #budget: RingBudget

  constructor(options: HubOptions) {
    this.#options = options
    this.#budget = { usedBytes: 0, maxBytes: options.ringsBytes }
    options.bus.onEnvelope((channel, { epoch, seq, frame: payload, header }) => {
      const entry = this.#channels.get(channel)
      if (entry) this.#receive(entry, { epoch, seq, payload, header })
    })
  }

  /**
   * Opens a room, or returns the open one. Call `leave` when done with it.
   *
   * @throws AppError `not_found`, or the driver's error
   */
  async enter(key: RoomKey): Promise<LiveRoom> {
    const entry = this.#entries.get(key.id) ?? this.#open(key)
    entry.users += 1
    clearTimeout(entry.closing)
    try {
      return await entry.opening
    } catch (error) {
      this.#leave(entry)
      throw error
    }
  }

  /** A room that is open now. */
  opened(id: number): LiveRoom | undefined {
    return this.#entries.get(id)?.room
  }

  leave(room: LiveRoom): void {
    const entry = this.#entries.get(room.key.id)
    if (entry?.room === room) this.#leave(entry)
  }

  /** Delivers an event that this process committed. @param header undefined for a message to everyone */
  receive(key: RoomKey, epoch: number, seq: number, payload: Buffer, header?: EventHeader): void {
    const entry = this.#entries.get(key.id)
    if (entry) this.#receive(entry, { epoch, seq, payload, header })
  }

  /** The database has this room's events up to `lastSeq`. @param heads from before the database was asked */
  expect(head: RoomHead, heads: ReadonlyMap<number, number>): void {
    this.#entries.get(head.id)?.room?.expect(head, heads.get(head.id) ?? 0)
  }

  /** The rooms that are served now, by their ids, with the numbers of the last events that were delivered. */
  get heads(): ReadonlyMap<number, number> {
    return new Map([...this.#entries].map(([id, { room }]) => [id, room?.head ?? 0]))
  }

  /** The ids of rooms whose head was beyond the database when it was last asked. */
  get suspicious(): number[] {
    return [...this.#entries].flatMap(([id, { room }]) => (room?.isSuspicious === true ? [id] : []))
  }

  get size(): number {
    return this.#entries.size
  }

  close(): void {
    for (const entry of this.#entries.values()) this.#drop(entry)
  }

  #receive({ room, early }: Entry, event: Received): void {
    if (room) room.receive(event.epoch, event.seq, event.payload, event.header)
    else if (early.length < MAX_EARLY_EVENTS) early.push(event)
  }

  #open(key: RoomKey): Entry {
    const entry: Entry = {
      key,
      early: [],
      opening: undefined as unknown as Promise<LiveRoom>,
      room: undefined,
      users: 0,
      closing: undefined,
    }
    this.#entries.set(key.id, entry)
    this.#channels.set(key.channel, entry)
    entry.opening = this.#start(entry)
    entry.opening.catch(() => this.#drop(entry))
    return entry
  }

  /** Subscribes before it reads the head, so that an event committed after the head was read is received. */
  async #start(entry: Entry): Promise<LiveRoom> {
    const { bus, rooms, events, memberships, ringFrames, onHealed, onEpochRaised, onError } = this.#options
    await Promise.race([bus.subscribe(entry.key.channel), sleep(SUBSCRIBE_TIMEOUT_MS, undefined, { ref: false })])
    const head = await rooms.head(entry.key)
    const room: LiveRoom = new LiveRoom(
      {
        key: entry.key,
        read: (after, upTo) => events.page(entry.key.id, after, upTo),
        ringFrames,
        budget: this.#budget,
        raiseEpoch: (epoch, below) => rooms.raiseEpoch(entry.key.id, epoch, below),
        raiseOlderEpoch: (epoch) => rooms.raiseOlderEpoch(entry.key.id, epoch),
        ...(onEpochRaised && { onEpochRaised: () => onEpochRaised(entry.key) }),
        onHealed: (count) => {
          bus.suspect(entry.key.channel)
          onHealed?.(count)
        },
        ...(onError && { onError }),
        onMember: ({ user }) => memberships.drop(entry.key.id, user),
        onReset: () => this.#drop(entry),
      },
      head,
    )
    entry.room = room
    for (const { epoch, seq, payload, header } of entry.early.splice(0)) room.receive(epoch, seq, payload, header)
    return room
  }

  #leave(entry: Entry): void {
    entry.users -= 1
    if (entry.users > 0) return
    entry.closing = setTimeout(() => this.#drop(entry), ROOM_LINGER_MS)
    entry.closing.unref()
  }

  #drop(entry: Entry): void {
    if (this.#entries.get(entry.key.id) !== entry) return
    clearTimeout(entry.closing)
    this.#entries.delete(entry.key.id)
    this.#channels.delete(entry.key.channel)
    this.#options.bus.unsubscribe(entry.key.channel)
    entry.room?.close()
  }
}
