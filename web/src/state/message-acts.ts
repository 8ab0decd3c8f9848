import { signal } from '@preact/signals'
import { ApiError, newClientId, type ChatEvent } from '@chat-app/services/client'
import type { PageSession } from './session.ts'

type Change = 'add' | 'remove'

/** What the user does to messages of the room that is shown. */
export class MessageActs {
  /** The reactions of this user that the page knows of, as `ROOM SEQ REACTION`. */
  readonly ownReactions = signal<ReadonlySet<string>>(new Set())
  readonly #call: PageSession['call']
  readonly #room: () => string

  /** @param room returns the room that is shown */
  constructor(call: PageSession['call'], room: () => string) {
    this.#call = call
    this.#room = room
  }

  edit(seq: number, body: string): Promise<unknown> {
    return this.#act(seq, 'edit', { body })
  }

  recall(seq: number): Promise<unknown> {
    return this.#act(seq, 'recall', {})
  }

  pin(seq: number, change: Change): Promise<unknown> {
    return this.#act(seq, 'pin', { change })
  }

  /** Reports a message to the administrators. @throws ApiError */
  report(seq: number, reason: string): Promise<unknown> {
    return this.#post(seq, 'report', { reason })
  }

  /** Adds a reaction, or removes the user's own one. */
  async react(seq: number, reaction: string): Promise<void> {
    const isOwn = this.ownReactions.value.has(`${this.#room()} ${seq} ${reaction}`)
    const act = (change: Change) => this.#act(seq, 'reactions', { reaction, change })
    try {
      await act(isOwn ? 'remove' : 'add')
    } catch (error) {
      // Given on another device.
      if (isOwn || !(error instanceof ApiError)) throw error
      await act('remove')
    }
  }

  /** Notes a reaction of the user. */
  onReaction({ room, target, data }: ChatEvent): void {
    const reaction = `${room} ${target} ${String(data?.['reaction'])}`
    const own = new Set(this.ownReactions.value)
    if (data?.['change'] === 'add') own.add(reaction)
    else own.delete(reaction)
    this.ownReactions.value = own
  }

  #act(seq: number, what: string, body: object): Promise<unknown> {
    return this.#post(seq, what, { clientId: newClientId(), ...body })
  }

  #post(seq: number, what: string, body: object): Promise<unknown> {
    return this.#call('POST', `/api/chat/rooms/${this.#room()}/messages/${seq}/${what}`, body)
  }
}
