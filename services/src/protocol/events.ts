/** Within a room, two events with the same sender and client id are the same event. */
export interface EventIdentity {
  readonly sender: string
  readonly clientId: string
}

/** Who may read an event: everyone in the room, the staff, or one user by id. */
export type Audience = 'all' | 'staff' | `user:${number}`

/** What is left of a message that was changed after it was sent. */
export interface PresentForm {
  /** Milliseconds since 1970, by the database's clock. The texts of a recalled and of an expired message are gone. */
  readonly editedAt?: number
  readonly recalledAt?: number
  readonly expiredAt?: number
  readonly pinnedAt?: number
  /** How many users gave each reaction. */
  readonly reactions?: Readonly<Record<string, number>>
}

/** An event as it is stored, numbered in its room. The fields that are optional are absent where a kind has none. */
export interface StoredEvent extends EventIdentity, PresentForm {
  readonly seq: number
  readonly kind: string
  /** The text of a message or of an edit; empty for other kinds. */
  readonly body: string
  /** Milliseconds since 1970, by the database's clock. */
  readonly at: number
  /** What else its kind has, by the schema of the kind. */
  readonly data?: Readonly<Record<string, unknown>>
  /** The number of the event that this one changes. */
  readonly target?: number
  /** @default all */
  readonly audience?: Audience
  /** Counts what makes a room unread. */
  readonly messageNo?: number
  /** The number of the last event that changed this message. */
  readonly changedSeq?: number
  /** The name that is shown, if it is fixed for this event. */
  readonly senderLabel?: string
}
