import { randomUUID } from 'node:crypto'
import type { PresenceState } from '../protocol/feed-answers.ts'
import type { ChannelNames } from '../store/channel-names.ts'
import { MAX_WATCHED_USERS_OF_PROCESS, MAX_WATCHED_USERS_OF_USER, PRESENCE_LINGER_MS } from '../support/limits.ts'
import type { Bus } from './bus.ts'
import type { Ephemeral } from './ephemeral.ts'
import { LiveProcesses } from './live-processes.ts'

export interface PresenceOptions {
  readonly bus: Pick<Bus, 'onEphemeral' | 'subscribe' | 'unsubscribe' | 'publishEphemeral'>
  readonly names: Pick<ChannelNames, 'of'>
  /** @default 5000 */
  readonly lingerMs?: number
}

export interface Watcher {
  /** The name of the user who watches. */
  readonly user: string
  onPresence(user: string): void
}

/** A user who has connections to this process. */
interface Local {
  connections: number
  /** Undefined until it is known. */
  channel: string | undefined
  leaving: NodeJS.Timeout | undefined
  answering: NodeJS.Timeout | undefined
}

/** A user whose presence connections of this process watch. */
interface Watched {
  readonly channel: string
  readonly watchers: Set<Watcher>
  /** The processes that have connections of the user, with the number of questions that each has not answered. */
  readonly processes: Map<string, number>
}

const TICK_MS = 1000
/** How often each watched user is asked for, so that a lost message has an end. */
const ASK_INTERVAL_TICKS = 60
const MAX_UNANSWERED = 2
/** The questions of many processes within this time have one answer. */
const ANSWER_DELAY_MS = 100

/**
 * Who is online: whoever has a connection to a process that is alive. Nothing is stored. The processes tell each other
 * through Redis; what is lost there is told again within some minutes.
 */
export class Presence {
  readonly #options: PresenceOptions
  readonly #process = randomUUID()
  readonly #local = new Map<string, Local>()
  readonly #watched = new Map<string, Watched>()
  /** How many users each user watches, with all connections together. */
  readonly #shares = new Map<string, number>()
  /** The users of local and watched channels. */
  readonly #users = new Map<string, string>()
  readonly #processes: LiveProcesses
  #dueQuestions = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: PresenceOptions) {
    this.#options = options
    this.#processes = new LiveProcesses({
      ...options,
      process: this.#process,
      onDead: (process) => this.#forget(process),
    })
    options.bus.onEphemeral((channel, message) => {
      const user = this.#users.get(channel)
      if (user !== undefined) this.#receive(user, message)
    })
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref()
  }

  /** Tells that no connection is left. */
  stop(): void {
    clearInterval(this.#timer)
    for (const [user, local] of this.#local) {
      this.#publish(user, { is: 'gone', process: this.#process })
      clearTimeout(local.leaving)
      clearTimeout(local.answering)
    }
    this.#local.clear()
  }

  /** A connection of the user was opened. Call `disconnected` when it is closed. */
  connected(user: string): void {
    const local = this.#local.get(user) ?? this.#arrive(user)
    local.connections += 1
    clearTimeout(local.leaving)
    local.leaving = undefined
  }

  disconnected(user: string): void {
    const local = this.#local.get(user)
    if (!local) return
    local.connections -= 1
    if (local.connections > 0) return
    local.leaving = setTimeout(() => this.#leave(user, local), this.#options.lingerMs ?? PRESENCE_LINGER_MS).unref()
  }

  /** Tells the watcher of these users, and of no others, from now on. `former` are those of the call before. */
  watch(watcher: Watcher, users: ReadonlySet<string>, former: ReadonlySet<string>): void {
    const left = [...former].flatMap((user) => (users.has(user) ? [] : (this.#unwatch(user, watcher) ?? [])))
    const added = [...users].flatMap((user) => this.#add(user, watcher) ?? [])
    // All channels go out with few commands.
    if (left.length > 0) this.#options.bus.unsubscribe(...left)
    if (added.length > 0) void this.#askFirst(added)
  }

  /** `unknown`: too many are watched, by this user or by all, or the names of the channels are not known yet. */
  stateOf(user: string): PresenceState {
    const watched = this.#watched.get(user)
    if (!watched) return 'unknown'
    return watched.processes.size > 0 ? 'online' : 'offline'
  }

  #arrive(user: string): Local {
    const local: Local = { connections: 0, channel: undefined, leaving: undefined, answering: undefined }
    this.#local.set(user, local)
    void this.#announce(user, local)
    return local
  }

  async #announce(user: string, local: Local): Promise<void> {
    const channel = this.#options.names.of('presence', user)
    if (channel === undefined) return
    local.channel = channel
    this.#users.set(channel, user)
    await this.#options.bus.subscribe(channel)
    if (this.#local.get(user) === local) this.#publish(user, { is: 'here', process: this.#process })
  }

  #leave(user: string, local: Local): void {
    this.#publish(user, { is: 'gone', process: this.#process })
    clearTimeout(local.answering)
    this.#local.delete(user)
    if (local.channel === undefined) return
    this.#options.bus.unsubscribe(local.channel)
    this.#forgetChannel(user, local.channel)
  }

  /** @returns the channel if nobody watched the user before */
  #add(user: string, watcher: Watcher): string | undefined {
    const known = this.#watched.get(user)
    if (known?.watchers.has(watcher) === true) return undefined
    const share = this.#shares.get(watcher.user) ?? 0
    const channel = known?.channel ?? this.#options.names.of('presence', user)
    if (channel === undefined || share >= MAX_WATCHED_USERS_OF_USER) return undefined
    if (!known && this.#watched.size >= MAX_WATCHED_USERS_OF_PROCESS) return undefined
    this.#shares.set(watcher.user, share + 1)
    if (known) return void known.watchers.add(watcher)
    this.#watched.set(user, { channel, watchers: new Set([watcher]), processes: new Map() })
    this.#users.set(channel, user)
    return channel
  }

  /** Asks for users whom nobody watched before. */
  async #askFirst(channels: readonly string[]): Promise<void> {
    this.#processes.listen()
    // An answer must not come before the subscription.
    await this.#options.bus.subscribe(...channels)
    for (const channel of channels) this.#options.bus.publishEphemeral(channel, { is: 'who' })
  }

  /** @returns the channel if nobody watches the user any more */
  #unwatch(user: string, watcher: Watcher): string | undefined {
    const watched = this.#watched.get(user)
    if (watched?.watchers.delete(watcher) !== true) return undefined
    const share = (this.#shares.get(watcher.user) ?? 0) - 1
    if (share > 0) this.#shares.set(watcher.user, share)
    else this.#shares.delete(watcher.user)
    if (watched.watchers.size > 0) return undefined
    this.#watched.delete(user)
    this.#forgetChannel(user, watched.channel)
    return watched.channel
  }

  /** A channel may be used twice, for its connections and for its watchers. */
  #forgetChannel(user: string, channel: string): void {
    if (!this.#local.has(user) && !this.#watched.has(user)) this.#users.delete(channel)
  }

  #receive(user: string, message: Ephemeral): void {
    const local = this.#local.get(user)
    if (message.is === 'who' && local) {
      local.answering ??= setTimeout(() => {
        local.answering = undefined
        this.#publish(user, { is: 'here', process: this.#process })
      }, ANSWER_DELAY_MS).unref()
    }
    if (message.is !== 'here' && message.is !== 'gone') return
    if (message.is === 'here') this.#processes.heard(message.process)
    this.#change(user, (processes) => {
      if (message.is === 'here') processes.set(message.process, 0)
      else processes.delete(message.process)
    })
  }

  #change(user: string, change: (processes: Map<string, number>) => void): void {
    const watched = this.#watched.get(user)
    if (!watched) return
    const was = this.stateOf(user)
    change(watched.processes)
    if (this.stateOf(user) === was) return
    for (const watcher of watched.watchers) watcher.onPresence(user)
  }

  #publish(user: string, message: Ephemeral): void {
    const channel = this.#local.get(user)?.channel
    if (channel !== undefined) this.#options.bus.publishEphemeral(channel, message)
  }

  #tick(): void {
    for (const [user, local] of this.#local) if (local.channel === undefined) void this.#announce(user, local)
    this.#processes.tick(this.#local.size > 0)
    this.#dueQuestions += this.#watched.size / ASK_INTERVAL_TICKS
    this.#ask(Math.floor(this.#dueQuestions))
    this.#dueQuestions %= 1
  }

  /** Asks for those users who were not asked for the longest time. */
  #ask(count: number): void {
    for (const [user, watched] of [...this.#watched].slice(0, count)) {
      this.#watched.delete(user)
      this.#watched.set(user, watched)
      if (this.#processes.isSound) this.#change(user, dropSilent)
      this.#options.bus.publishEphemeral(watched.channel, { is: 'who' })
    }
  }

  #forget(process: string): void {
    for (const user of this.#watched.keys()) this.#change(user, (processes) => processes.delete(process))
  }
}

/** Drops the processes that have left several questions unanswered, and counts the next one. */
function dropSilent(processes: Map<string, number>): void {
  for (const [process, unanswered] of processes) {
    if (unanswered >= MAX_UNANSWERED) processes.delete(process)
    else processes.set(process, unanswered + 1)
  }
}
