/** What the frame of an event says to those who do not have the event. */
export interface MessageFacts {
  readonly kind?: string
  readonly sender: string
  readonly messageNo?: number
  /** Who is mentioned; undefined for nobody. */
  readonly mentions?: ReadonlySet<string> | 'all'
  /** Who is no member any more. */
  readonly removed?: string
}

const NOTHING: MessageFacts = { sender: '' }
/** The changes of a `member` event after which a user may not read the room. */
const ENDS: ReadonlySet<unknown> = new Set(['left', 'removed'])

interface Fields {
  readonly kind?: unknown
  readonly sender?: unknown
  readonly messageNo?: unknown
  readonly data?: { readonly [name: string]: unknown } | null
}

/** A frame that cannot be read says nothing. */
export function messageFacts(frame: Buffer): MessageFacts {
  try {
    const { kind, sender, messageNo, data } = JSON.parse(frame.toString()) as Fields
    if (typeof kind !== 'string' || typeof sender !== 'string') return NOTHING
    return {
      kind,
      sender,
      ...(typeof messageNo === 'number' && { messageNo }),
      ...(kind === 'message' && mentionsOf(data)),
      ...(kind === 'member' && ENDS.has(data?.['change']) && { removed: String(data?.['user']) }),
    }
  } catch {
    return NOTHING
  }
}

function mentionsOf(data: Fields['data']): Pick<MessageFacts, 'mentions'> {
  if (data?.['mentionsAll'] === true) return { mentions: 'all' }
  const names = data?.['mentions']
  return Array.isArray(names) && names.length > 0 ? { mentions: new Set(names as string[]) } : {}
}
