import { setTimeout as sleep } from 'node:timers/promises'
import { call, ApiError } from '../../client/api.ts'
import { signToken, type EventFields } from '../../client/index.ts'
import { JWT_SECRET } from '../service.ts'
import type { ChatRoom } from './chat-room.ts'
import type { Choice } from './choice.ts'
import type { Action } from './ledger.ts'
import type { Stage } from './participant.ts'

const RETRY_MS = 200
const REQUEST_TIMEOUT_MS = 15_000
/** Last parts of the paths of changes of a message. */
const PATHS: Readonly<Record<string, string>> = { edit: 'edit', recall: 'recall', reaction: 'reactions', pin: 'pin' }

/** A user over HTTP. Each request is sent again until it is answered, which never makes two of one. */
export class HttpUser {
  readonly user: string
  readonly #stage: Stage
  readonly #choice: Choice

  constructor(stage: Stage, user: string, choice: Choice) {
    this.#stage = stage
    this.#choice = choice
    this.user = user
  }

  /** Sends an event. @returns the code of a refusal */
  send(room: ChatRoom, event: EventFields & { readonly kind: string }): Promise<string | undefined> {
    const { kind, target, ...fields } = event
    const base = `/api/chat/rooms/${room.slug}/messages`
    const path = kind === 'message' ? base : `${base}/${target}/${PATHS[kind]}`
    return this.event(room, { kind, path, event, fields })
  }

  /** Asks for what stores an event. @returns the code of a refusal */
  async event(
    room: ChatRoom,
    request: { kind: string; path: string; method?: string; event?: EventFields; fields?: object },
  ): Promise<string | undefined> {
    const { kind, path, method = 'POST', event = {}, fields = {} } = request
    const { ledger } = this.#stage
    const action = ledger.add(room.slug, this.user, kind, event)
    const body = { ...fields, clientId: action.clientId }
    const answer = await this.ask<{ seq: number }>(method, path, body)
    if (answer instanceof ApiError) {
      ledger.refused(action, answer.code)
      return answer.code
    }
    this.#acknowledge(room, action, answer.seq)
    return undefined
  }

  #acknowledge(room: ChatRoom, action: Action, seq: number): void {
    this.#stage.ledger.stored(action, seq)
    if (action.kind === 'message') room.acknowledged({ seq, sender: this.user })
  }

  /** @returns the answer, or the refusal with a status below 500 */
  async ask<T>(method: string, path: string, body?: object): Promise<T | ApiError> {
    const { world, findings } = this.#stage
    for (;;) {
      findings.check()
      const url = await world.apiUrl(this.#choice)
      try {
        return await call<T>(url, method, path, signToken(JWT_SECRET, this.user), body, REQUEST_TIMEOUT_MS)
      } catch (error) {
        if (error instanceof ApiError && error.status < 500) return error
        if (error instanceof ApiError && error.status !== 503)
          findings.note(`${method} ${path} was answered with ${error.status} ${error.code}: ${error.message}`)
        await sleep(RETRY_MS)
      }
    }
  }
}
