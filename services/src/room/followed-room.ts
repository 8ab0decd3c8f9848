import type { ReadMark } from '../store/read-marks.ts'
import type { RoomState } from '../store/room-states.ts'
import type { RoomHead, RoomKey } from '../store/rooms.ts'
import { messageFacts, type MessageFacts } from './message-facts.ts'

/** What is told of a room to a connection. */
export interface Follower {
  /** The name of the connection's user. */
  readonly user: string
  readonly userId: number
  /** What is known of the room has changed. @param isMarked the user's read mark has */
  onChanged(follow: Follow, isMarked?: boolean): void
  /** The user is no member any more. */
  onRemoved(room: FollowedRoom): void
  /** Somebody else writes, or has read, in the room. Only for a connection that has joined it. */
  onOther(room: FollowedRoom, frame: { type: 'typing' } | { type: 'read'; seq: number }, user: string): void
}

/** What one connection has of one room. */
export interface Follow {
  readonly room: FollowedRoom
  readonly follower: Follower
  /** The connection has joined the room, so it has the events. */
  isJoined: boolean
  /** The read mark; undefined until the connection has asked for it by `sync`. */
  readNo: number | undefined
  mentions: number
  /** The mark and the mentions are those that the database had at this event. */
  counted: { readonly epoch: number; readonly seq: number }
}

/** What an event says to the room's followers. `doubtful`: before they are told, ask who of them is a member. */
export type Heard = 'nothing' | 'news' | 'doubtful'

/** Events that have been overtaken and of which a room knows that they are still to come. */
const MAX_MISSING = 16

/** How far a room has come, as far as this process knows. */
interface Known {
  epoch: number
  lastSeq: number
  lastMessageNo: number
  expiredNo: number
}

/**
 * A room of which connections of this process are told that it has changed, or somebody types in it. It knows the room's
 * last numbers from the events that pass by, and keeps no event.
 */
export class FollowedRoom {
  readonly key: RoomKey
  readonly follows = new Map<Follower, Follow>()
  #known: Known | undefined
  /** As the database had it. Its rules are forgotten when they change. */
  #state: RoomState | undefined
  /** Events before the last one that have not arrived. */
  readonly #missing = new Set<number>()
  readonly #onOwnMessage: (mark: Omit<ReadMark, 'room'>) => void

  /** @param onOwnMessage called when a user has sent the message after the own read mark */
  constructor(key: RoomKey, onOwnMessage: (mark: Omit<ReadMark, 'room'>) => void) {
    this.key = key
    this.#onOwnMessage = onOwnMessage
  }

  /** The room as `sync` answers it; undefined if the database must be asked. */
  get state(): RoomState | undefined {
    return this.#state && this.#known && { ...this.#state, ...this.#known }
  }

  /** The number of the last event; 0 if that is not known. */
  get lastSeq(): number {
    return this.#known?.lastSeq ?? 0
  }

  get epoch(): number {
    return this.#known?.epoch ?? 0
  }

  /** The room was read from the database. @returns whether its followers may have missed an event */
  learn(state: RoomState): boolean {
    const hadFollowers = this.#known !== undefined || this.follows.size > 1
    const isNews = this.expect({ ...state, last: undefined })
    this.#state = state.epoch === this.epoch ? state : undefined
    return isNews && hadFollowers
  }

  /** The messages after a read mark; undefined while the mark or the room's numbers are not known. */
  unreadOf({ readNo }: Follow): number | undefined {
    return readNo === undefined || !this.#known ? undefined : unreadOf(this.#known, readNo)
  }

  /** An event passed by. */
  receive(epoch: number, seq: number, frame: Buffer): Heard {
    const known = this.#known
    if (known && epoch < known.epoch) return 'nothing'
    const facts = messageFacts(frame)
    if (known?.epoch === epoch && seq <= known.lastSeq) return this.#receiveLate(known, seq, facts)
    this.#expectMissing(epoch, seq - 1)
    // The numbers of another epoch say nothing of this one.
    const before = known?.epoch === epoch ? known : undefined
    this.#known = {
      epoch,
      lastSeq: seq,
      lastMessageNo: Math.max(before?.lastMessageNo ?? 0, facts.messageNo ?? 0),
      expiredNo: before?.expiredNo ?? 0,
    }
    if (facts.kind === 'settings' || !before) this.#state = undefined
    if (facts.removed !== undefined) this.removed(facts.removed)
    this.#count(seq, facts)
    return before && seq === before.lastSeq + 1 ? 'news' : 'doubtful'
  }

  /** The database has the room's events up to this head. @returns whether something is to be told */
  expect(head: Omit<RoomHead, 'id'>): boolean {
    const known = this.#known
    if (known && head.epoch < known.epoch) return false
    const { epoch, lastSeq, lastMessageNo = 0, expiredNo = 0 } = head
    this.#expectMissing(epoch, lastSeq)
    if (known?.epoch !== epoch) {
      this.#state = undefined
      this.#known = { epoch, lastSeq, lastMessageNo, expiredNo }
      return true
    }
    this.#known = {
      epoch,
      lastSeq: Math.max(known.lastSeq, lastSeq),
      lastMessageNo: Math.max(known.lastMessageNo, lastMessageNo),
      expiredNo: Math.max(known.expiredNo, expiredNo),
    }
    return lastSeq > known.lastSeq || lastMessageNo > known.lastMessageNo || expiredNo > known.expiredNo
  }

  /** The database was asked for the memberships of these users. @param readNos the read marks of those who are members */
  checked(users: readonly string[], readNos: ReadonlyMap<string, number> | undefined): void {
    for (const user of users) if (readNos?.has(user) !== true) this.removed(user)
    for (const follow of this.follows.values()) {
      const readNo = readNos?.get(follow.follower.user)
      // The marks of an earlier epoch may be further than the restored database.
      if (readNo === undefined || follow.readNo === undefined || follow.counted.epoch === this.epoch) continue
      follow.readNo = readNo
      follow.counted = { epoch: this.epoch, seq: this.lastSeq }
    }
  }

  /** A user has read up to a message. */
  marked(user: string, no: number, mentions: number): void {
    for (const follow of this.follows.values()) {
      if (follow.follower.user !== user || follow.readNo === undefined || no < follow.readNo) continue
      follow.readNo = no
      follow.mentions = mentions
      follow.follower.onChanged(follow, true)
    }
  }

  /** The users who follow the room. */
  get users(): string[] {
    return [...new Set([...this.follows.keys()].map(({ user }) => user))]
  }

  /** The user is no member any more. */
  removed(user: string): void {
    for (const follower of this.follows.keys()) if (follower.user === user) follower.onRemoved(this)
  }

  /**
   * A later event came before this one. A removal may be older than what the user has done since, so that the database
   * has to be asked.
   */
  #receiveLate(known: Known, seq: number, facts: MessageFacts): Heard {
    const isMissing = this.#missing.delete(seq)
    if (isMissing) {
      known.lastMessageNo = Math.max(known.lastMessageNo, facts.messageNo ?? 0)
      this.#count(seq, facts)
    }
    if (facts.removed !== undefined) return 'doubtful'
    return isMissing ? 'news' : 'nothing'
  }

  /** The events up to this one should have come. */
  #expectMissing(epoch: number, upTo: number): void {
    const known = this.#known
    if (known?.epoch !== epoch) return this.#missing.clear()
    for (let seq = Math.max(known.lastSeq + 1, upTo - MAX_MISSING + 1); seq <= upTo; seq += 1) this.#missing.add(seq)
    for (const seq of this.#missing) {
      if (this.#missing.size <= MAX_MISSING) return
      this.#missing.delete(seq)
    }
  }

  /** Counts a message among the read ones of its sender, and among the mentions. */
  #count(seq: number, { sender, messageNo, mentions }: MessageFacts): void {
    if (messageNo === undefined) return
    let isFirst = true
    for (const follow of this.follows.values()) {
      const { follower, counted } = follow
      const isCounted = counted.epoch === this.epoch && seq <= counted.seq
      if (mentions && !isCounted && (mentions === 'all' || mentions.has(follower.user))) follow.mentions += 1
      if (follower.user !== sender || follow.readNo !== messageNo - 1) continue
      follow.readNo = messageNo
      if (isFirst) this.#onOwnMessage({ user: sender, userId: follower.userId, seq })
      isFirst = false
    }
  }
}

/** The messages after a read mark. */
export function unreadOf({ lastMessageNo, expiredNo }: Omit<Known, 'epoch' | 'lastSeq'>, readNo: number): number {
  return Math.max(lastMessageNo - Math.max(readNo, expiredNo), 0)
}
