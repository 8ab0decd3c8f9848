import type { Follow, FollowedRoom, Follower } from '../room/followed-room.ts'
import type { InboxEntry } from '../protocol/feed-answers.ts'
import type { ServerFrame } from '../protocol/server-frames.ts'
import type { Session } from '../session/tokens.ts'
import type { RoomKey } from '../store/rooms.ts'
import {
  MAX_FOLLOWED_ROOMS,
  MAX_ROOMS_PER_CONNECTION,
  UNREAD_INTERVAL_MS,
  WATCH_INTERVAL_MS,
} from '../support/limits.ts'
import type { FeedServices } from './feed-services.ts'
import type { InboxReader } from './user-inboxes.ts'
import type { Watcher } from '../fanout/presence.ts'

/** The part of a connection that its feed uses. */
export interface FeedOutlet {
  readonly isOpen: boolean
  readonly isSlow: boolean
  drained(): Promise<void>
  atMost(bytes: number): number
  send(frame: ServerFrame): void
}

/** What one connection is told beside the events of the rooms that it has joined. */
export class Feed implements Follower, InboxReader, Watcher {
  readonly user: string
  readonly userId: number
  readonly #outlet: FeedOutlet
  readonly #services: FeedServices
  readonly #follows = new Map<string, Follow>()
  readonly #changed = new Set<Follow>()
  readonly #changedUsers = new Set<string>()
  #watched: ReadonlySet<string> = new Set()
  /** Takes effect in the next turn of `watch`. */
  #wanted: ReadonlySet<string> = new Set()
  #watchedAtMs = -Infinity
  #watchTimer: NodeJS.Timeout | undefined
  #timer: NodeJS.Timeout | undefined
  #flushedAtMs = -Infinity
  #inboxNo = 0

  constructor({ user, userId }: Pick<Session, 'user' | 'userId'>, outlet: FeedOutlet, services: FeedServices) {
    this.user = user
    this.userId = userId
    this.#outlet = outlet
    this.#services = services
    services.presence.connected(user)
  }

  /** What the connection has of a room that it follows or has joined. */
  find(slug: string): Follow | undefined {
    return this.#follows.get(slug)
  }

  /** Follows a room. Undefined if too many are followed. */
  follow(key: RoomKey): Follow | undefined {
    if (this.#follows.size >= MAX_FOLLOWED_ROOMS + MAX_ROOMS_PER_CONNECTION) return undefined
    const follow = this.#services.followed.follow(key, this)
    if (follow) this.#follows.set(key.slug, follow)
    return follow
  }

  unfollow(slug: string): void {
    const follow = this.#follows.get(slug)
    if (!follow) return
    this.#follows.delete(slug)
    this.#changed.delete(follow)
    this.#services.followed.unfollow(follow)
  }

  /** The connection has joined the room: it hears who types and reads there, and has its events. */
  join(key: RoomKey): void {
    const follow = this.follow(key)
    if (follow) follow.isJoined = true
  }

  /** Takes effect at once, but not more than once in a second; then the last one counts. */
  watch(users: ReadonlySet<string>): void {
    this.#wanted = users
    const waitMs = this.#watchedAtMs + WATCH_INTERVAL_MS - performance.now()
    if (waitMs <= 0 && this.#watchTimer === undefined) return this.#watch(users)
    this.#watchTimer ??= setTimeout(() => {
      this.#watchTimer = undefined
      this.#watch(this.#wanted)
    }, waitMs).unref()
  }

  #watch(users: ReadonlySet<string>): void {
    this.#watchedAtMs = performance.now()
    this.#services.presence.watch(this, users, this.#watched)
    this.#watched = users
    this.#changedUsers.clear()
    for (const user of users) this.#changedUsers.add(user)
    // Whoever is there answers within this time.
    this.#flushedAtMs = performance.now()
    this.#schedule()
  }

  /** Tells of the entries after this number from now on. */
  readInbox(no: number): void {
    this.#inboxNo = no
    this.#services.userInboxes.enter(this.userId, this)
  }

  get inboxNo(): number {
    return this.#inboxNo
  }

  onEntries(entries: readonly InboxEntry[], hasMore: boolean): void {
    const no = entries.at(-1)?.no ?? this.#inboxNo
    this.#inboxNo = no
    this.#outlet.send({ type: 'inbox', no, entries, ...(hasMore && { hasMore }) })
    // It also says so in a room that this process has not heard of.
    for (const { kind, room } of entries) if (kind === 'removed' && room !== undefined) this.unfollow(room)
  }

  onChanged(follow: Follow, isMarked = false): void {
    // A connection that has joined the room counts by itself; what it reads elsewhere it does not see.
    if (follow.readNo === undefined || (follow.isJoined && !isMarked)) return
    this.#changed.add(follow)
    this.#schedule()
  }

  onRemoved(room: FollowedRoom): void {
    this.unfollow(room.key.slug)
  }

  onOther({ key }: FollowedRoom, frame: { type: 'typing' } | { type: 'read'; seq: number }, user: string): void {
    if (!this.#outlet.isSlow) this.#outlet.send({ ...frame, room: key.slug, user })
  }

  onPresence(user: string): void {
    this.#changedUsers.add(user)
    this.#schedule()
  }

  close(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#watchTimer)
    this.#services.presence.disconnected(this.user)
    this.#services.presence.watch(this, new Set(), this.#watched)
    this.#services.userInboxes.leave(this.userId, this)
    for (const follow of this.#follows.values()) this.#services.followed.unfollow(follow)
    this.#follows.clear()
    this.#changed.clear()
    this.#services.marks.hurry()
  }

  #schedule(): void {
    const waitMs = Math.max(this.#flushedAtMs + UNREAD_INTERVAL_MS - performance.now(), 0)
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#flush()
    }, waitMs).unref()
  }

  /** Sends the latest state. While the client reads too slowly it waits. */
  #flush(): void {
    this.#flushedAtMs = performance.now()
    if (!this.#outlet.isOpen) return
    if (this.#outlet.isSlow) return this.#schedule()
    const rooms = [...this.#changed].map((follow) => this.#stateOf(follow))
    this.#changed.clear()
    if (rooms.length > 0) this.#outlet.send({ type: 'unread', rooms })
    for (const user of this.#changedUsers)
      this.#outlet.send({ type: 'presence', user, state: this.#services.presence.stateOf(user) })
    this.#changedUsers.clear()
  }

  #stateOf(follow: Follow) {
    const { key, lastSeq } = follow.room
    const unread = this.#services.features.isOn ? follow.room.unreadOf(follow) : undefined
    return {
      room: key.slug,
      seq: lastSeq,
      ...(unread !== undefined && { unread, mentions: Math.min(follow.mentions, unread) }),
    }
  }
}
