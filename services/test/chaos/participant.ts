import { ChatClient, RefusedError, signToken, type ChatEvent } from '../../client/index.ts'
import { JWT_SECRET } from '../service.ts'
import { chooseEvent } from './acts.ts'
import type { ChatRoom } from './chat-room.ts'
import type { Choice } from './choice.ts'
import type { Findings } from './findings.ts'
import type { Ledger } from './ledger.ts'
import { Seat } from './seat.ts'
import type { World } from './world.ts'

/** What all who take part share. */
export interface Stage {
  readonly world: World
  readonly ledger: Ledger
  readonly findings: Findings
}

const RETRY_MS = { first: 50, most: 1000 }
const IDLE_MS = 100
/** What a rule may refuse: another user was quicker, or the role does not suffice. */
const BY_RULE: ReadonlySet<string> = new Set(['refused', 'forbidden', 'bad_request'])

/** A user over WebSocket. */
export class Participant {
  readonly user: string
  readonly client: ChatClient
  /** Those of the rooms that are joined now. */
  readonly seats = new Map<string, Seat>()
  /** Those that have ended and were not compared yet. */
  readonly ended: Seat[] = []
  reconnects = 0
  protected readonly stage: Stage
  protected readonly choice: Choice
  readonly #isGuest: boolean

  constructor(stage: Stage, user: string, { choice, isGuest = false }: { choice: Choice; isGuest?: boolean }) {
    this.stage = stage
    this.user = user
    this.choice = choice
    this.#isGuest = isGuest
    this.client = new ChatClient(() => stage.world.websocketUrl(choice), {
      token: () => signToken(JWT_SECRET, user),
      retryMs: RETRY_MS,
    })
    this.client.on('event', (event) => this.#onEvent(event))
    this.client.on('removed', (room, error) => this.#onRemoved(room, error))
    this.client.on('disconnected', () => (this.reconnects += 1))
    this.client.on('read', (_room, reader) => {
      if (reader === user) stage.ledger.count('read mark').acknowledged += 1
    })
    this.client.on('ended', (reason) => {
      if (reason !== 'the client was closed')
        stage.findings.note(`the client of ${user} was ended by the server: ${reason}`)
    })
  }

  /** Joins a room. @throws RefusedError */
  async join(room: ChatRoom): Promise<void> {
    const seat = new Seat(room, this.user)
    this.seats.set(room.slug, seat)
    try {
      seat.start = await this.client.join(room.slug)
    } catch (error) {
      if (this.seats.get(room.slug) === seat) this.seats.delete(room.slug)
      throw error
    }
  }

  /** Acts until the signal, with so many actions in flight. Resolves when all are answered. */
  async act(signal: AbortSignal, inFlight: number): Promise<void> {
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        while (!signal.aborted && !this.stage.findings.signal.aborted) await this.#actOnce()
      }),
    )
  }

  async #actOnce(): Promise<void> {
    const seat = this.choice.any([...this.seats.values()].filter(({ start }) => start))
    if (!seat) return this.stage.findings.pause(IDLE_MS)
    if (this.choice.number() < 0.02) this.#mark(seat)
    await this.#send(seat.room)
  }

  #mark({ room, lastSeq }: Seat): void {
    if (this.choice.number() < 0.3) return this.client.typing(room.slug)
    if (!this.client.isConnected) return
    this.stage.ledger.count('read mark').sent += 1
    this.client.markRead(room.slug, Math.max(lastSeq - this.choice.between(0, 3), 0))
  }

  async #send(room: ChatRoom): Promise<void> {
    const { ledger, findings } = this.stage
    const event = chooseEvent(this.choice, room, this.user)
    const action = ledger.add(room.slug, this.user, event.kind, event)
    try {
      const { seq } = await this.client.sendEvent(room.slug, event, action.clientId)
      ledger.stored(action, seq)
      if (event.kind === 'message') room.acknowledged({ seq, sender: this.user })
    } catch (error) {
      if (findings.signal.aborted) return
      const code = error instanceof RefusedError ? error.code : String(error)
      ledger.refused(action, code)
      const fault = this.#faultOf(event.kind, code, event.mentions !== undefined)
      if (fault)
        findings.note(
          `${this.user} sent ${event.kind} ${action.clientId} to ${room.slug}: ${fault}: ${(error as Error).message}`,
        )
    }
  }

  /** Whether a refusal contradicts the rules. A guest may be no member, or muted, at any time. */
  #faultOf(kind: string, code: string, hasMentions: boolean): string | undefined {
    if (this.#isGuest) return BY_RULE.has(code) || code === 'not_found' ? undefined : code
    if (kind === 'message' && !(hasMentions && code === 'bad_request'))
      return `refused with ${code}, although nothing speaks against it`
    return BY_RULE.has(code) ? undefined : code
  }

  #onEvent(event: ChatEvent): void {
    const fault = this.seats.get(event.room)?.receive(event)
    if (fault) this.stage.findings.note(fault)
  }

  #onRemoved(slug: string, error: RefusedError): void {
    const seat = this.seats.get(slug)
    if (!seat) return
    if (!this.#isGuest)
      this.stage.findings.note(`${this.user} was removed from ${slug}, which nobody asked for: ${error.message}`)
    seat.isEnded = true
    this.seats.delete(slug)
    if (seat.start) this.ended.push(seat)
  }
}
