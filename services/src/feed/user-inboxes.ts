import type { Bus } from '../fanout/bus.ts'
import type { InboxEntry } from '../protocol/feed-answers.ts'
import type { ChannelNames } from '../store/channel-names.ts'
import type { InboxHead, Inboxes } from '../store/inbox.ts'
import { INBOX_POLL_INTERVAL_MS, MAX_INBOX_ENTRIES } from '../support/limits.ts'

/** A connection that is told of new entries. */
export interface InboxReader {
  /** The number of the last entry that it has. */
  readonly inboxNo: number
  onEntries(entries: readonly InboxEntry[], hasMore: boolean): void
}

export interface UserInboxesOptions {
  readonly bus: Pick<Bus, 'onEphemeral' | 'subscribe' | 'unsubscribe'>
  readonly names: Pick<ChannelNames, 'of'>
  readonly inboxes: Inboxes
  readonly onError: (error: unknown) => void
  /** @default 1000 */
  readonly intervalMs?: number
}

interface User {
  readonly id: number
  readonly readers: Set<InboxReader>
  channel: string | undefined
  /** The number of the last entry, as far as it is known. */
  no: number
  isReading: boolean
}

/** Up to this number one query asks for each user; beyond it, one asks for the inboxes that changed. */
const MAX_IDS = 1000
const MAX_CHANGED = 5000
/** Age of the entries that a round asks for, because a transaction may commit late. */
const WINDOW_MS = 10_000

/** Tells the connections of this process of the new entries of their users' inboxes. */
export class UserInboxes {
  readonly #options: UserInboxesOptions
  readonly #users = new Map<number, User>()
  readonly #channels = new Map<string, User>()
  #stopped = false
  #timer: NodeJS.Timeout | undefined
  #askedAtMs = performance.now()

  constructor(options: UserInboxesOptions) {
    this.#options = options
    options.bus.onEphemeral((channel, message) => {
      const user = this.#channels.get(channel)
      if (user && message.is === 'inbox') this.#expect(user, message.no)
    })
  }

  /** Asks the database once a second, so that an entry whose announcement was lost is told of. */
  start(): void {
    if (this.#stopped) return
    this.#timer = setTimeout(() => {
      void this.#round().finally(() => this.start())
    }, this.#options.intervalMs ?? INBOX_POLL_INTERVAL_MS).unref()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  /** Tells a reader of this user's entries from now on. A second call has no effect. */
  enter(id: number, reader: InboxReader): void {
    const user = this.#users.get(id) ?? this.#open(id)
    user.readers.add(reader)
    this.#expect(user, user.no)
  }

  leave(id: number, reader: InboxReader): void {
    const user = this.#users.get(id)
    if (!user?.readers.delete(reader) || user.readers.size > 0) return
    this.#users.delete(id)
    if (user.channel === undefined) return
    this.#channels.delete(user.channel)
    this.#options.bus.unsubscribe(user.channel)
  }

  #open(id: number): User {
    const channel = this.#options.names.of('inbox', id)
    const user: User = { id, readers: new Set(), channel, no: 0, isReading: false }
    this.#users.set(id, user)
    if (channel === undefined) return user
    this.#channels.set(channel, user)
    void this.#options.bus.subscribe(channel)
    return user
  }

  async #round(): Promise<void> {
    const startedAtMs = performance.now()
    try {
      for (const { user, no } of await this.#heads(startedAtMs)) {
        const known = this.#users.get(user)
        if (known) this.#expect(known, no)
      }
      this.#askedAtMs = startedAtMs
    } catch (error) {
      this.#options.onError(error)
    }
  }

  #heads(nowMs: number): Promise<InboxHead[]> {
    const { inboxes } = this.#options
    if (this.#users.size <= MAX_IDS) return inboxes.heads([...this.#users.keys()])
    // The window grows while the database does not answer.
    return inboxes.changed(WINDOW_MS + Math.ceil(nowMs - this.#askedAtMs), MAX_CHANGED)
  }

  /** The user has entries up to this number. */
  #expect(user: User, no: number): void {
    user.no = Math.max(user.no, no)
    if (user.isReading || !isBehind(user)) return
    user.isReading = true
    this.#read(user)
      .catch(this.#options.onError)
      .finally(() => (user.isReading = false))
  }

  async #read(user: User): Promise<void> {
    while (isBehind(user) && this.#users.get(user.id) === user) {
      const after = Math.min(...[...user.readers].map(({ inboxNo }) => inboxNo))
      const entries = await this.#options.inboxes.entries(user.id, after)
      const last = entries.at(-1)
      // Another server may have answered, which is behind; the next round asks again.
      if (!last) return
      const hasMore = entries.length === MAX_INBOX_ENTRIES && last.no < user.no
      for (const reader of user.readers) {
        const news = entries.filter(({ no }) => no > reader.inboxNo)
        if (news.length > 0) reader.onEntries(news, hasMore)
      }
    }
  }
}

function isBehind({ readers, no }: User): boolean {
  return [...readers].some(({ inboxNo }) => inboxNo < no)
}
