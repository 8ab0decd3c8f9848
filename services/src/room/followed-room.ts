import type { RoomState } from '../store/room-states.ts'
import type { RoomHead, RoomKey } from '../store/rooms.ts'
import { messageFacts } from './message-facts.ts'

/** What is told of a room to a connection. */
export interface Follower {
  /** The name of the connection's user. */
  readonly user: string
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
}

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
  readonly #onOwnMessage: (room: FollowedRoom, user: string, seq: number) => void

  /** @param onOwnMessage called when a user has sent the message after the own read mark */
  constructor(key: RoomKey, onOwnMessage: (room: FollowedRoom, user: string, seq: number) => void) {
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

  /** The room was read from the database. */
  learn(state: RoomState): void {
    this.#known ??= { epoch: state.epoch, lastSeq: 0, lastMessageNo: 0, expiredNo: 0 }
    this.expect({ ...state, last: undefined })
    this.#state = state.epoch === this.#known.epoch ? state : undefined
  }

  /** The messages after a read mark; undefined while the mark or the room's numbers are not known. */
  unreadOf({ readNo }: Follow): number | undefined {
    return readNo === undefined || !this.#known ? undefined : unreadOf(this.#known, readNo)
  }

  /** An event passed by. @returns whether something is to be told */
  receive(epoch: number, seq: number, frame: Buffer): boolean {
    const known = this.#known
    if (known && (epoch < known.epoch || (epoch === known.epoch && seq <= known.lastSeq))) return false
    const facts = messageFacts(frame)
    this.#known = {
      epoch,
      lastSeq: seq,
      lastMessageNo: Math.max(known?.lastMessageNo ?? 0, facts.messageNo ?? 0),
      expiredNo: known?.expiredNo ?? 0,
    }
    if (facts.kind === 'settings' || epoch !== known?.epoch) this.#state = undefined
    if (facts.removed !== undefined) this.removed(facts.removed)
    if (facts.messageNo !== undefined) this.#count(facts.sender, seq, facts.messageNo)
    if (facts.messageNo !== undefined && facts.mentions !== undefined) this.#mention(facts.mentions)
    return true
  }

  /** The database has the room's events up to this head. @returns whether something is to be told */
  expect(head: Omit<RoomHead, 'id'>): boolean {
    const known = this.#known
    if (!known || head.epoch < known.epoch) return false
    if (head.epoch > known.epoch) this.#state = undefined
    const isNews = head.epoch > known.epoch || head.lastSeq > known.lastSeq
    const { lastMessageNo = 0, expiredNo = 0 } = head
    const hasOtherCount = lastMessageNo > known.lastMessageNo || expiredNo > known.expiredNo
    this.#known = {
      epoch: head.epoch,
      lastSeq: isNews ? head.lastSeq : known.lastSeq,
      lastMessageNo: Math.max(known.lastMessageNo, lastMessageNo),
      expiredNo: Math.max(known.expiredNo, expiredNo),
    }
    return isNews || hasOtherCount
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

  #count(sender: string, seq: number, messageNo: number): void {
    let isFirst = true
    for (const follow of this.follows.values()) {
      if (follow.follower.user !== sender || follow.readNo !== messageNo - 1) continue
      follow.readNo = messageNo
      if (isFirst) this.#onOwnMessage(this, sender, seq)
      isFirst = false
    }
  }

  #mention(mentions: ReadonlySet<string> | 'all'): void {
    for (const follow of this.follows.values()) {
      if (mentions === 'all' || mentions.has(follow.follower.user)) follow.mentions += 1
    }
  }
}

/** The messages after a read mark. */
export function unreadOf({ lastMessageNo, expiredNo }: Omit<Known, 'epoch' | 'lastSeq'>, readNo: number): number {
  return Math.max(lastMessageNo - Math.max(readNo, expiredNo), 0)
}
