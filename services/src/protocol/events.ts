/** Within a room, two events with the same sender and client id are the same event. */
export interface EventIdentity {
  readonly sender: string
  readonly clientId: string
}

/** Who may read an event: everyone in the room, the staff, or one user by id. */
export type Audience = 'all' | 'staff' | `user:${number}`

/** What decides who may read an event. */
export interface Addressed {
  readonly seq: number
  /** @default all */
  readonly audience?: Audience
  /** The number of the event that this one changes. */
  readonly target?: number
}

/** What a process must know of an event without parsing its frame. A message to everyone has none. */
export interface EventHeader extends Omit<Addressed, 'seq'> {
  /** Texts of events before this one are gone. */
  readonly empties?: true
  /** It changes who is in the room. */
  readonly isOfMember?: true
}

/** The kinds that empty the text of their target, or of a range before them. */
const EMPTYING: ReadonlySet<string> = new Set(['recall', 'expired'])

/** The header of an event; undefined if everyone in the room may read it and it changes no other event. */
export function headerOf({
  kind,
  audience,
  target,
}: Pick<StoredEvent, 'kind' | 'audience' | 'target'>): EventHeader | undefined {
  const isForAll = audience === undefined || audience === 'all'
  const empties = EMPTYING.has(kind)
  const isOfMember = kind === 'member'
  if (isForAll && target === undefined && !empties && !isOfMember) return undefined
  return {
    ...(!isForAll && { audience }),
    ...(target !== undefined && { target }),
    ...(empties && { empties }),
    ...(isOfMember && { isOfMember }),
  }
}

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
