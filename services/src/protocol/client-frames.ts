/** A client's position in a room: it has every event up to `seq` of this epoch. */
export interface Cursor {
  readonly epoch: number
  readonly seq: number
}

/** What an error frame names of the frame that it answers; each field is absent if it is unknown. */
export interface Answered {
  /** The type of the frame. */
  readonly request?: string
  readonly requestId?: string
  readonly room?: string
  readonly clientId?: string
}
