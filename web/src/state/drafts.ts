/** What the page keeps in the browser for one user: messages that are not stored yet, and drafts by room. */
export interface Kept {
  readonly outbox: readonly OutboxMessage[]
  readonly drafts: Readonly<Record<string, string>>
}

export interface OutboxMessage {
  readonly room: string
  readonly clientId: string
  readonly body: string
  readonly replyTo?: number | undefined
  readonly mentions?: readonly string[] | undefined
  readonly at: number
}

const EMPTY: Kept = { outbox: [], drafts: {} }
const keyOf = (user: string) => `chat-app:${user}`

/** Reads what is kept; nothing when the browser keeps nothing, or something else. */
export function readKept(user: string, storage: Storage = localStorage): Kept {
  try {
    const kept = JSON.parse(storage.getItem(keyOf(user)) ?? '{}') as Partial<Kept>
    return { outbox: Array.isArray(kept.outbox) ? kept.outbox : [], drafts: kept.drafts ?? {} }
  } catch {
    return EMPTY
  }
}

/** Keeps it. A browser that is full or keeps nothing loses it at a reload, and nothing before. */
export function writeKept(user: string, kept: Kept, storage: Storage = localStorage): void {
  try {
    storage.setItem(keyOf(user), JSON.stringify(kept))
  } catch {
    // The page still holds it.
  }
}

/** Removes all that is kept of a user: at log-out. */
export function forget(user: string, storage: Storage = localStorage): void {
  storage.removeItem(keyOf(user))
}

const SESSION = 'chat-app:has-session'

/** Notes whether this browser has a session in its cookie, which the page cannot read. */
export function noteSession(hasSession: boolean, storage: Storage = localStorage): void {
  if (hasSession) storage.setItem(SESSION, '1')
  else storage.removeItem(SESSION)
}

export function hasSession(storage: Storage = localStorage): boolean {
  return storage.getItem(SESSION) !== null
}
