import type { Bus } from '../fanout/bus.ts'
import type { Ephemeral } from '../fanout/ephemeral.ts'
import type { ReadMark } from '../store/read-marks.ts'
import type { RoomState } from '../store/room-states.ts'
import type { RoomHead, RoomKey } from '../store/rooms.ts'
import { FOLLOW_BYTES, FOLLOWED_ROOM_BYTES, MAX_EPHEMERAL_OF_ROOM, ROOM_LINGER_MS } from '../support/limits.ts'
import { FollowedRoom, type Follow, type Follower } from './followed-room.ts'

export interface FollowedRoomsOptions {
  readonly bus: Pick<Bus, 'onEnvelope' | 'onEphemeral' | 'subscribe' | 'unsubscribe'>
  /** Memory of all rooms and follows. Beyond it nothing is followed. */
  readonly maxBytes: number
  /** Called when a user has sent the message that follows the own read mark. */
  readonly onOwnMessage: (room: RoomKey, mark: Omit<ReadMark, 'room'>) => void
  /** The read marks of those of a room's users who are its members; by the room's id. */
  readonly membersOf: (
    users: ReadonlyMap<number, readonly string[]>,
  ) => Promise<ReadonlyMap<number, ReadonlyMap<string, number>>>
  readonly onError: (error: unknown) => void
}

/** How often the rooms that nobody follows any more are looked for. */
const SWEEP_INTERVAL_MS = 5000
const SECOND_MS = 1000
const TELL_INTERVAL_MS = 100
/** Rooms, and followers of these, whose memberships one query asks for. */
const MAX_CHECKED_ROOMS = 200
const MAX_CHECKED_FOLLOWS = 2000

/**
 * The rooms of which connections of this process want to hear: those that their users belong to. Each has its
 * subscription in Redis, also if no connection has joined it.
 */
export class FollowedRooms {
  readonly #options: FollowedRoomsOptions
  readonly #rooms = new Map<number, FollowedRoom>()
  readonly #slugs = new Map<string, FollowedRoom>()
  readonly #channels = new Map<string, FollowedRoom>()
  /** Since when nobody follows a room, by `performance.now()`; in the order of these times. */
  readonly #idle = new Map<FollowedRoom, number>()
  /** How many ephemeral messages of a room were passed on in this second. */
  readonly #ephemeral = new Map<FollowedRoom, number>()
  #ephemeralSinceMs = 0
  readonly #toSubscribe: string[] = []
  readonly #changed = new Set<FollowedRoom>()
  #telling: NodeJS.Timeout | undefined
  /** Rooms of which events may be lost, so that nobody is told of them before the memberships are known. */
  #unchecked = new Set<FollowedRoom>()
  /** Those of them whose memberships are asked for. */
  #checking = new Set<FollowedRoom>()
  #isChecking = false
  #follows = 0
  readonly #timer: NodeJS.Timeout

  constructor(options: FollowedRoomsOptions) {
    this.#options = options
    options.bus.onEnvelope((channel, { epoch, seq, frame }) => {
      const room = this.#channels.get(channel)
      const heard = room?.receive(epoch, seq, frame)
      if (room && heard === 'news') this.#tellSoon(room)
      if (room && heard === 'doubtful') this.doubt(room)
    })
    options.bus.onEphemeral((channel, message) => this.#onEphemeral(channel, message))
    this.#timer = setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS).unref()
  }

  /** Rooms that are followed. */
  get size(): number {
    return this.#rooms.size
  }

  /** How many rooms all connections follow together. */
  get follows(): number {
    return this.#follows
  }

  /** The ids of the rooms. */
  get ids(): IterableIterator<number> {
    return this.#rooms.keys()
  }

  /** The number of the last event of a room; 0 if that is not known. */
  lastSeqOf(id: number): number {
    return this.#rooms.get(id)?.lastSeq ?? 0
  }

  bySlug(slug: string): FollowedRoom | undefined {
    return this.#slugs.get(slug)
  }

  /**
   * Tells the follower of the room from now on; a second call returns the same. Undefined when the memory is used up.
   */
  follow(key: RoomKey, follower: Follower): Follow | undefined {
    const known = this.#rooms.get(key.id)
    const existing = known?.follows.get(follower)
    if (existing) return existing
    if (this.#usedBytes + FOLLOW_BYTES + (known ? 0 : FOLLOWED_ROOM_BYTES) > this.#options.maxBytes) return undefined
    const room = known ?? this.#open(key)
    const follow: Follow = {
      room,
      follower,
      isJoined: false,
      readNo: undefined,
      mentions: 0,
      counted: { epoch: 0, seq: 0 },
    }
    room.follows.set(follower, follow)
    this.#follows += 1
    this.#idle.delete(room)
    return follow
  }

  unfollow({ room, follower }: Follow): void {
    if (!room.follows.delete(follower)) return
    this.#follows -= 1
    if (room.follows.size === 0) this.#idle.set(room, performance.now())
  }

  /** Rooms that were read from the database. */
  learn(states: Iterable<RoomState>): void {
    for (const state of states) {
      const room = this.#rooms.get(state.id)
      if (room?.learn(state) === true) this.doubt(room)
    }
  }

  /** An event may be lost. Most are only late, and a busy room has many, so that the next round asks for all of them. */
  doubt(room: FollowedRoom): void {
    if (this.#rooms.get(room.key.id) === room) this.#unchecked.add(room)
  }

  /** The database has this room's events up to `head`. */
  expect(head: RoomHead): void {
    const room = this.#rooms.get(head.id)
    if (room?.expect(head) === true) this.#unchecked.add(room)
    this.#checkAll()
  }

  /** The database has a user's read mark. */
  marked(id: number, user: string, no: number, mentions: number): void {
    this.#rooms.get(id)?.marked(user, no, mentions)
  }

  close(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#telling)
    for (const room of this.#rooms.values()) this.#drop(room)
  }

  get #usedBytes(): number {
    return this.#rooms.size * FOLLOWED_ROOM_BYTES + this.#follows * FOLLOW_BYTES
  }

  #open(key: RoomKey): FollowedRoom {
    const room = new FollowedRoom(key, (mark) => this.#options.onOwnMessage(key, mark))
    this.#rooms.set(key.id, room)
    this.#slugs.set(key.slug, room)
    this.#channels.set(key.channel, room)
    this.#toSubscribe.push(key.channel)
    // The channels of one turn of the event loop go out with few commands.
    if (this.#toSubscribe.length === 1)
      queueMicrotask(() => void this.#options.bus.subscribe(...this.#toSubscribe.splice(0)))
    return room
  }

  /** A busy room is told of some times a second, however many events it has. */
  #tellSoon(room: FollowedRoom): void {
    this.#changed.add(room)
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined
      for (const changed of this.#changed) {
        if (this.#unchecked.has(changed) || this.#checking.has(changed)) continue
        for (const follow of changed.follows.values()) follow.follower.onChanged(follow)
      }
      this.#changed.clear()
    }, TELL_INTERVAL_MS).unref()
  }

  #checkAll(): void {
    if (this.#unchecked.size > 0 && !this.#isChecking) void this.#check()
  }

  /** A lost event may have removed somebody, who must hear nothing more. What fails is tried again in the next round. */
  async #check(): Promise<void> {
    this.#isChecking = true
    // A round finds many rooms in one turn of the event loop.
    await Promise.resolve()
    this.#checking = this.#unchecked
    this.#unchecked = new Set()
    try {
      while (this.#checking.size > 0) {
        const rooms = this.#someToCheck()
        const users = new Map(rooms.map(({ key, users }) => [key.id, users]))
        const members = await this.#options.membersOf(users)
        for (const room of rooms) {
          this.#checking.delete(room)
          room.checked(users.get(room.key.id) ?? [], members.get(room.key.id))
          this.#tellSoon(room)
        }
      }
    } catch (error) {
      for (const room of this.#checking) this.#unchecked.add(room)
      this.#checking.clear()
      this.#options.onError(error)
    } finally {
      this.#isChecking = false
    }
  }

  #someToCheck(): FollowedRoom[] {
    let follows = 0
    const some: FollowedRoom[] = []
    for (const room of this.#checking) {
      follows += room.follows.size
      if (some.length > 0 && (follows > MAX_CHECKED_FOLLOWS || some.length >= MAX_CHECKED_ROOMS)) break
      some.push(room)
    }
    return some
  }

  #drop(room: FollowedRoom): void {
    const { id, slug, channel } = room.key
    this.#idle.delete(room)
    this.#unchecked.delete(room)
    this.#checking.delete(room)
    this.#rooms.delete(id)
    this.#slugs.delete(slug)
    this.#channels.delete(channel)
    this.#options.bus.unsubscribe(channel)
  }

  /** Clients of a process that was stopped come back to the same rooms, so these stay for some time. */
  #sweep(): void {
    this.#checkAll()
    const sinceMs = performance.now() - ROOM_LINGER_MS
    for (const [room, idleSinceMs] of this.#idle) {
      if (idleSinceMs > sinceMs) return
      this.#drop(room)
    }
  }

  #onEphemeral(channel: string, message: Ephemeral): void {
    const room = this.#channels.get(channel)
    if (!room) return
    if (message.is === 'marked') return room.marked(message.user, message.no, message.mentions)
    if (message.is !== 'typing' && message.is !== 'read') return
    if (!this.#mayPass(room)) return
    const frame = message.is === 'read' ? { type: message.is, seq: message.seq } : { type: message.is }
    for (const { isJoined, follower } of room.follows.values()) {
      if (isJoined && follower.user !== message.user) follower.onOther(room, frame, message.user)
    }
  }

  #mayPass(room: FollowedRoom): boolean {
    const now = performance.now()
    if (now - this.#ephemeralSinceMs > SECOND_MS) {
      this.#ephemeralSinceMs = now
      this.#ephemeral.clear()
    }
    const passed = this.#ephemeral.get(room) ?? 0
    this.#ephemeral.set(room, passed + 1)
    return passed < MAX_EPHEMERAL_OF_ROOM
  }
}
