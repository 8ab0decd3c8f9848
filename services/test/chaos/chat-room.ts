import { RoomView } from './room-view.ts'

/** A message that somebody may act on. */
export interface Recent {
  readonly seq: number
  readonly sender: string
}

const MAX_RECENT = 100
/** Messages that the model and the clients keep after a comparison. */
const KEPT_MESSAGES = 300

/** A room of a run, and what must be in it. */
export class ChatRoom {
  readonly slug: string
  /** Its number in the database. */
  readonly id: number
  readonly kind: 'group' | 'public'
  readonly owner: string
  readonly admin: string
  /** Who is removed, mentioned and let in again all the time. */
  readonly guest: string
  /** Those who stay. */
  readonly members: string[] = []
  /** What the database must show. */
  readonly model = new RoomView()
  /** The last event that was compared, and what was counted up to it. */
  compared = { seq: 0, messageNo: 0, at: 0 }
  #recent: Recent[] = []

  constructor(options: {
    slug: string
    id: number
    kind: 'group' | 'public'
    owner: string
    admin: string
    guest: string
  }) {
    this.slug = options.slug
    this.id = options.id
    this.kind = options.kind
    this.owner = options.owner
    this.admin = options.admin
    this.guest = options.guest
  }

  get recent(): readonly Recent[] {
    return this.#recent
  }

  /** A message was acknowledged. */
  acknowledged(message: Recent): void {
    this.#recent.push(message)
    if (this.#recent.length > 2 * MAX_RECENT) this.#recent = this.#recent.slice(-MAX_RECENT)
  }

  /** Forgets old messages. @returns the number of the first one that is kept */
  prune(): number {
    const first = [...this.model.messages.keys()].at(-KEPT_MESSAGES) ?? 0
    this.model.dropBefore(first)
    this.#recent = this.#recent.filter(({ seq }) => seq >= first)
    return first
  }
}
