import type { Cursor, Delivery } from './record.ts'

/** A WebSocket URL, or a function that returns one before each connect. */
export type Address = string | (() => string)

export interface ConnectOptions {
  /** A token, or a function that returns one before each connect. */
  readonly token: string | (() => string | Promise<string>)
  /** First and longest pause before a reconnect. Each is drawn at random from half to all of it. @default 100 and 5000 */
  readonly retryMs?: { readonly first: number; readonly most: number }
  /** How long a connect may take. @default 5000 */
  readonly handshakeTimeoutMs?: number
  /** How long `ready` waits for the first connection. @default 30000 */
  readonly timeoutMs?: number
}

/** An event of a room. */
export interface ChatEvent extends Delivery {
  readonly kind: string
  readonly body: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** The position of a message that was stored. */
export interface Acknowledgement extends Cursor {
  readonly room: string
  readonly clientId: string
}

/** An error frame of the server, with its code. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}
