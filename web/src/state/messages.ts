import type { ChatEvent } from '@chat-app/services/client'

/** A message as the page shows it. */
export interface Message {
  /** The number in the room; `undefined` until the server has stored it. */
  readonly seq: number | undefined
  readonly clientId: string
  readonly sender: string
  readonly body: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly replyTo?: number | undefined
  readonly mentions?: readonly string[] | undefined
  readonly mentionsAll?: boolean | undefined
  readonly editedAt?: number | undefined
  readonly pinnedAt?: number | undefined
  /** `recalled` and `expired` messages have no body. */
  readonly gone?: 'recalled' | 'expired' | undefined
  readonly reactions: Readonly<Record<string, number>>
  /** The number of the last event that has changed it. */
  readonly changedSeq: number
  /** Of an own message that is not stored. */
  readonly state?: 'waiting' | 'failed' | undefined
  /** Why it is not stored. */
  readonly error?: string | undefined
}

/** Messages of one room, by number. */
export type Messages = readonly Message[]

/** An event, live or of a page: one of a page has no room. */
export type RoomEvent = Omit<ChatEvent, 'room' | 'epoch'> & {
  readonly changedSeq?: number
  readonly editedAt?: number
  readonly recalledAt?: number
  readonly expiredAt?: number
  readonly pinnedAt?: number
  readonly reactions?: Readonly<Record<string, number>>
}

/** Applies the next event of the room. Events that it has already, and unknown kinds, change nothing. */
export function applied(messages: Messages, event: RoomEvent): Messages {
  if (event.kind === 'message') return inserted(messages, messageOf(event))
  if (event.kind === 'expired') return expired(messages, event)
  const change = CHANGES[event.kind]
  if (!change || event.target === undefined) return messages
  return messages.map((message) =>
    message.seq === event.target && event.seq > message.changedSeq
      ? { ...message, ...change(message, event), changedSeq: event.seq }
      : message,
  )
}

/** Adds the messages of a page, which are in their present form. */
export function merged(messages: Messages, page: readonly RoomEvent[]): Messages {
  return page.filter(({ kind }) => kind === 'message').reduce((all, event) => inserted(all, messageOf(event)), messages)
}

function inserted(messages: Messages, message: Message): Messages {
  const seq = message.seq ?? 0
  const last = messages.at(-1)
  if (last === undefined || (last.seq ?? 0) < seq) return [...messages, message]
  const index = messages.findIndex((known) => (known.seq ?? 0) >= seq)
  const known = messages[index]
  if (known?.seq !== seq) return messages.toSpliced(index, 0, message)
  return known.changedSeq > message.changedSeq ? messages : messages.with(index, message)
}

/** The message of an event in its present form. */
export function messageOf(event: RoomEvent): Message {
  const { seq, clientId, sender, body, at, data, editedAt, pinnedAt, reactions, recalledAt, expiredAt } = event
  return {
    seq,
    clientId,
    sender,
    body,
    at,
    replyTo: data?.['replyTo'] as number | undefined,
    mentions: data?.['mentions'] as string[] | undefined,
    mentionsAll: data?.['mentionsAll'] as boolean | undefined,
    editedAt,
    pinnedAt,
    gone: recalledAt === undefined ? (expiredAt === undefined ? undefined : 'expired') : 'recalled',
    reactions: reactions ?? {},
    changedSeq: event.changedSeq ?? seq,
  }
}

type Change = (message: Message, event: RoomEvent) => Partial<Message>

const CHANGES: Readonly<Record<string, Change>> = {
  edit: (_message, { body, at }) => ({ body, editedAt: at }),
  recall: () => ({
    body: '',
    gone: 'recalled',
    reactions: {},
    pinnedAt: undefined,
    mentions: undefined,
    mentionsAll: undefined,
  }),
  pin: (_message, { data, at }) => ({ pinnedAt: data?.['change'] === 'add' ? at : undefined }),
  reaction: ({ reactions }, { data }) => {
    const name = String(data?.['reaction'])
    const count = (reactions[name] ?? 0) + (data?.['change'] === 'add' ? 1 : -1)
    const { [name]: _former, ...others } = reactions
    return { reactions: count > 0 ? { ...others, [name]: count } : others }
  },
}

function expired(messages: Messages, { data, seq: changedSeq }: RoomEvent): Messages {
  const [from, upTo] = [Number(data?.['from']), Number(data?.['upTo'])]
  return messages.map((message) =>
    message.seq !== undefined && message.seq >= from && message.seq <= upTo
      ? { ...message, body: '', gone: 'expired', reactions: {}, pinnedAt: undefined, changedSeq }
      : message,
  )
}
