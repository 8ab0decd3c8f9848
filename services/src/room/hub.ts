import type { Bus } from '../fanout/bus.ts'
import type { Events } from '../store/events.ts'
import { maxPage } from '../store/events.ts'
import type { RoomHead, RoomKey, Rooms } from '../store/rooms.ts'
import { AppError } from '../support/errors.ts'
import { LiveRoom } from './live-room.ts'

export interface HubOptions {
  readonly bus: Bus
  readonly rooms: Rooms
  readonly events: Events
  /** Events kept in memory for each room. */
  readonly ringFrames: number
  readonly onHealed?: (events: number) => void
  readonly onError?: (error: unknown) => void
}

/** A room nobody is in any more is kept a little longer: clients of a pod that went away come back to it. */
const lingerMs = 15_000
/** A subscription that takes longer is not waited for: the catch-up bridges it. */
const subscribeTimeoutMs = 1000
/** Frames that all rooms keep together: a sixteenth of the documented memory limit. */
const maxRingBytes = 64 * 1024 * 1024
/** Events that arrive before the room's head is known; later ones are caught up with. */
const maxEarly = 1024

interface Entry {
  readonly key: RoomKey
  readonly early: { epoch: number; seq: number; payload: Buffer }[]
  opening: Promise<LiveRoom>
  room: LiveRoom | undefined
  users: number
  closing: NodeJS.Timeout | undefined
}

/** The rooms that this process serves, each with its subscription. */
export class Hub {
  readonly #options: HubOptions
  readonly #entries = new Map<number, Entry>()
  readonly #channels = new Map<string, Entry>()
  readonly #budget = { usedBytes: 0, maxBytes: maxRingBytes }

  constructor(options: HubOptions) {
    this.#options = options
    options.bus.onEnvelope((channel, { epoch, seq, frame }) => {
      const entry = this.#channels.get(channel)
      if (entry) this.#receive(entry, epoch, seq, frame)
    })
  }

  /** Takes part in a room; give it back with `leave`. */
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

  leave(room: LiveRoom): void {
    const entry = this.#entries.get(room.key.id)
    if (entry?.room === room) this.#leave(entry)
  }

  /** An event that this process committed. */
  receive(key: RoomKey, epoch: number, seq: number, payload: Buffer): void {
    const entry = this.#entries.get(key.id)
    if (entry) this.#receive(entry, epoch, seq, payload)
  }

  expect({ id, epoch, lastSeq }: RoomHead): void {
    this.#entries.get(id)?.room?.expect(epoch, lastSeq)
  }

  /** Ids of the rooms that are served now. */
  get ids(): number[] {
    return [...this.#entries.keys()]
  }

  get size(): number {
    return this.#entries.size
  }

  close(): void {
    for (const entry of this.#entries.values()) this.#drop(entry)
  }

  #receive(entry: Entry, epoch: number, seq: number, payload: Buffer): void {
    if (entry.room) entry.room.receive(epoch, seq, payload)
    else if (entry.early.length < maxEarly) entry.early.push({ epoch, seq, payload })
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

  /** First the subscription, then the head: what is committed after the head was read is brought by the subscription. */
  async #start(entry: Entry): Promise<LiveRoom> {
    const { bus, rooms, events, ringFrames, onHealed, onError } = this.#options
    await Promise.race([bus.subscribe(entry.key.channel), timeout(subscribeTimeoutMs)])
    const [head] = await rooms.heads([entry.key.id])
    if (!head) throw new AppError('not_found', `there is no room "${entry.key.slug}" any more`, 'room')
    const room: LiveRoom = new LiveRoom(
      {
        key: entry.key,
        read: (after, upTo) => events.after(entry.key.id, after, maxPage, upTo),
        lastSeq: async () => (await rooms.heads([entry.key.id]))[0]?.lastSeq ?? 0,
        ringFrames,
        budget: this.#budget,
        ...(onHealed && { onHealed }),
        ...(onError && { onError }),
        onReset: () => this.#drop(entry),
      },
      head,
    )
    entry.room = room
    for (const { epoch, seq, payload } of entry.early.splice(0)) room.receive(epoch, seq, payload)
    return room
  }

  #leave(entry: Entry): void {
    entry.users -= 1
    if (entry.users > 0) return
    entry.closing = setTimeout(() => this.#drop(entry), lingerMs)
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

function timeout(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
