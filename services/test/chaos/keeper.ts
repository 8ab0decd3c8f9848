import { ApiError } from '../../client/api.ts'
import { chooseEvent } from './acts.ts'
import type { ChatRoom } from './chat-room.ts'
import type { Choice } from './choice.ts'
import { HttpUser } from './http-user.ts'
import { Participant, type Stage } from './participant.ts'

const PAUSE_MS = [50, 500] as const
/** Later than any run ends. */
const FAR_FUTURE_MS = 4_102_444_800_000
/** What a rule may refuse the owner of a room: the guest has left, or another user was quicker. */
const BY_RULE: ReadonlySet<string> = new Set(['refused', 'bad_request', 'conflict', 'not_found'])

/** The owner of a room, over HTTP: writes, and lets the guest in, changes its role, mutes and removes it. */
export class Keeper {
  readonly #stage: Stage
  readonly #room: ChatRoom
  readonly #choice: Choice
  readonly #http: HttpUser

  constructor(stage: Stage, room: ChatRoom, choice: Choice) {
    this.#stage = stage
    this.#room = room
    this.#choice = choice
    this.#http = new HttpUser(stage, room.owner, choice)
  }

  async act(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#stage.findings.signal.aborted) {
      if (this.#choice.number() < 0.7) await this.#send()
      else await this.#change()
      await this.#stage.findings.pause(this.#choice.between(...PAUSE_MS))
    }
  }

  async #send(): Promise<void> {
    const event = chooseEvent(this.#choice, this.#room, this.#room.owner)
    const code = await this.#http.send(this.#room, event)
    const isFine =
      code === undefined || (BY_RULE.has(code) && (event.kind !== 'message' || event.mentions !== undefined))
    if (!isFine)
      this.#stage.findings.note(`the owner of ${this.#room.slug} sent ${event.kind} over HTTP: refused with ${code}`)
  }

  async #change(): Promise<void> {
    const { slug, guest } = this.#room
    const of = (path: string) => `/api/chat/rooms/${slug}/${path}`
    const member = (path: string, fields: object = {}) =>
      this.#http.event(this.#room, { kind: 'member', path: of(`members/${guest}/${path}`), fields })
    const changes: (() => Promise<unknown>)[] = [
      () => this.#http.ask('POST', of('invitations'), { user: guest }),
      () => this.#http.ask('POST', of('invitations'), { user: guest }),
      () => member('role', { role: this.#choice.of(['admin', 'member']) }),
      () => member('mute', { mutedUntil: this.#choice.of([0, 0, FAR_FUTURE_MS]) }),
      () => member('remove'),
      () =>
        this.#http.event(this.#room, {
          kind: 'settings',
          method: 'PATCH',
          path: of('').slice(0, -1),
          fields: { topic: `topic ${this.#choice.between(0, 1e9)}` },
        }),
    ]
    const answer = await this.#choice.of(changes)()
    const code = answer instanceof ApiError ? answer.code : answer
    if (typeof code === 'string' && !BY_RULE.has(code))
      this.#stage.findings.note(`the owner of ${slug} changed its members or settings: refused with ${code}`)
  }
}

/** Somebody who is let in and removed: joins a room whenever that is possible, and leaves at times. */
export class Guest extends Participant {
  /** The last entry of the inbox; undefined before the first one. */
  inboxNo: number | undefined
  readonly #room: ChatRoom
  readonly #http: HttpUser

  constructor(stage: Stage, room: ChatRoom, choice: Choice) {
    super(stage, room.guest, { choice, isGuest: true })
    this.#room = room
    this.#http = new HttpUser(stage, room.guest, choice)
    this.client.follow([], { inbox: true })
    this.client.on('inbox', (entries) => {
      for (const { no } of entries) {
        if (this.inboxNo !== undefined && no !== this.inboxNo + 1)
          stage.findings.note(`${this.user} received the entry ${no} of the inbox after ${this.inboxNo}`)
        this.inboxNo = no
      }
    })
  }

  async comeAndGo(signal: AbortSignal): Promise<void> {
    const { slug, kind } = this.#room
    while (!signal.aborted && !this.stage.findings.signal.aborted) {
      await this.stage.findings.pause(this.choice.between(...PAUSE_MS))
      if (this.seats.has(slug)) {
        if (this.choice.number() < 0.05)
          await this.#http.event(this.#room, { kind: 'member', path: `/api/chat/rooms/${slug}/leave` })
        continue
      }
      if (kind === 'group') {
        const path = `/api/chat/rooms/${slug}/invitations/accept`
        if ((await this.#http.event(this.#room, { kind: 'member', path })) !== undefined) continue
      }
      // The owner may have removed the guest again.
      await this.join(this.#room).catch(() => undefined)
    }
  }
}

/** Somebody who is no member, and may learn of no group. */
export class Outsider {
  readonly #stage: Stage
  readonly #rooms: readonly ChatRoom[]
  readonly #choice: Choice
  readonly #http: HttpUser

  constructor(stage: Stage, rooms: readonly ChatRoom[], { user, choice }: { user: string; choice: Choice }) {
    this.#stage = stage
    this.#rooms = rooms.filter(({ kind }) => kind === 'group')
    this.#choice = choice
    this.#http = new HttpUser(stage, user, choice)
  }

  async act(signal: AbortSignal): Promise<void> {
    const tries = [
      { method: 'GET', end: '/messages' },
      { method: 'POST', end: '/join', fields: {} },
      { method: 'POST', end: '/messages', fields: { clientId: 'outside', body: 'let me in' } },
    ] as const
    while (!signal.aborted && !this.#stage.findings.signal.aborted) {
      const { slug } = this.#choice.of(this.#rooms)
      const one = this.#choice.of(tries)
      const path = `/api/chat/rooms/${slug}${one.end}`
      const answer = await this.#http.ask(one.method, path, 'fields' in one ? one.fields : undefined)
      if (!(answer instanceof ApiError) || answer.status !== 404)
        this.#stage.findings.note(
          `a stranger asked for ${one.method} ${path}, and the answer is ${JSON.stringify(answer)}`,
        )
      await this.#stage.findings.pause(this.#choice.between(...PAUSE_MS))
    }
  }
}
