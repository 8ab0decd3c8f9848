/**
 * What is published beside events, on the same channels: it has no number, may be lost, and is not read again. The
 * release before drops it, as `decodeEnvelope` does for every version that it does not know.
 */
export type Ephemeral =
  /** A user writes in the channel's room. */
  | { readonly is: 'typing'; readonly user: string }
  /** A user has read the channel's room up to an event. */
  | { readonly is: 'read'; readonly user: string; readonly seq: number }
  /** The database has this mark of a user, with the numbers that follow from it. */
  | {
      readonly is: 'marked'
      readonly user: string
      readonly seq: number
      readonly no: number
      readonly mentions: number
    }
  /** A process asks who has connections of the channel's user. */
  | { readonly is: 'who' }
  /** A process has connections of the channel's user, or has no more. */
  | { readonly is: 'here' | 'gone'; readonly process: string }
  /** A process that has connections is alive. */
  | { readonly is: 'alive'; readonly process: string }
  /** The channel's user has a new entry in the inbox. */
  | { readonly is: 'inbox'; readonly no: number }

const VERSION = 3
const MAX_BYTES = 1024
/** The type of each field of each message. */
const FIELDS: Readonly<Record<Ephemeral['is'], Readonly<Record<string, 'string' | 'number'>>>> = {
  typing: { user: 'string' },
  read: { user: 'string', seq: 'number' },
  marked: { user: 'string', seq: 'number', no: 'number', mentions: 'number' },
  who: {},
  here: { process: 'string' },
  gone: { process: 'string' },
  alive: { process: 'string' },
  inbox: { no: 'number' },
}

/** `[version | JSON]` */
export function encodeEphemeral(message: Ephemeral): Buffer {
  return Buffer.concat([Buffer.from([VERSION]), Buffer.from(JSON.stringify(message))])
}

/** Undefined for anything else than a message of this form. A kind that this release does not know is one of them. */
export function decodeEphemeral(message: Buffer): Ephemeral | undefined {
  if (message[0] !== VERSION || message.length > MAX_BYTES) return undefined
  try {
    const value = JSON.parse(message.toString('utf8', 1)) as Record<string, unknown>
    const { is } = value
    if (typeof is !== 'string' || !Object.hasOwn(FIELDS, is)) return undefined
    const fields = Object.entries(FIELDS[is as Ephemeral['is']])
    return fields.every(([name, type]) => typeof value[name] === type) ? (value as unknown as Ephemeral) : undefined
  } catch {
    return undefined
  }
}
