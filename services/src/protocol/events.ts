/** An event as it is stored, numbered in its room. */
export interface StoredEvent {
  readonly seq: number
  readonly kind: string
  readonly sender: string
  readonly clientId: string
  readonly body: string
  /** Milliseconds since 1970, by the database's clock. */
  readonly at: number
}
