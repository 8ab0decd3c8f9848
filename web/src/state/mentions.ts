import { signal } from '@preact/signals'
import { applied, messageOf, type Message, type RoomEvent } from './messages.ts'
import type { PageSession } from './session.ts'

/** A message that names the user. */
export interface Mention {
  readonly room: string
  readonly message: Message
}

interface Page {
  readonly mentions: readonly (RoomEvent & { readonly room: string })[]
  readonly next?: string
}

const PAGE_MENTIONS = 20
/** Pages that are read one after the other because they have nothing that the user may still read. */
const MAX_EMPTY_PAGES = 10

/** Whether a message names the user, or everyone. */
export function isMentioned({ sender, mentions, mentionsAll }: Message, me: string): boolean {
  return sender !== me && (mentionsAll === true || (mentions?.includes(me) ?? false))
}

/** The messages that name the user, read or not. */
export class Mentions {
  /** The newest first. */
  readonly list = signal<readonly Mention[]>([])
  /** Whether older ones follow. */
  readonly hasMore = signal(false)
  readonly #call: PageSession['call']
  #next: string | undefined

  constructor(call: PageSession['call']) {
    this.#call = call
  }

  /** Reads the newest ones anew. @throws ApiError */
  async load(): Promise<void> {
    this.list.value = await this.#read(undefined)
  }

  /** Reads those before the ones that are held. @throws ApiError */
  async more(): Promise<void> {
    if (this.#next === undefined) return
    const older = await this.#read(this.#next)
    // Not what the list was before: events may have changed it meanwhile.
    this.list.value = [...this.list.value, ...older]
  }

  /** An event that changes one of them. New ones are read by `load`. */
  onEvent(room: string, event: RoomEvent): void {
    if (event.kind === 'message') return
    this.list.value = this.list.value.flatMap((mention) => {
      if (mention.room !== room) return [mention]
      const [message] = applied([mention.message], event)
      return message === undefined || message.gone ? [] : [{ room, message }]
    })
  }

  /** The user is no member any more. */
  forget(room: string): void {
    this.list.value = this.list.value.filter((mention) => mention.room !== room)
  }

  async #read(from: string | undefined): Promise<Mention[]> {
    let cursor = from
    for (let pages = 1; ; pages += 1) {
      const query = cursor === undefined ? '' : `&cursor=${cursor}`
      const { mentions, next } = await this.#call<Page>('GET', `/api/chat/mentions?limit=${PAGE_MENTIONS}${query}`)
      cursor = next
      if (mentions.length === 0 && next !== undefined && pages < MAX_EMPTY_PAGES) continue
      this.#next = next
      this.hasMore.value = next !== undefined
      return mentions.map(({ room, ...event }) => ({ room, message: messageOf(event) }))
    }
  }
}
