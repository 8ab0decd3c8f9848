/** Within a room, two events with the same sender and client id are the same event. */
export interface EventIdentity {
  readonly sender: string
  readonly clientId: string
}

/** An event as it is stored, numbered in its room. */
export interface StoredEvent extends EventIdentity {
  readonly seq: number
  readonly kind: string
  readonly body: string
  /** Milliseconds since 1970, by the database's clock. */
  readonly at: number
}
