import { WebSocket, type RawData } from 'ws'

/** What a socket tells. After `onClose` it tells nothing more. */
export interface SocketHandlers {
  /** `node` is the name of the server's process, which it tells the users of a proof alone; a browser does not tell of it. */
  readonly onOpen: (node?: string) => void
  readonly onText: (text: string) => void
  /** The server shows that it is there, without a frame. A browser does not tell of it. */
  readonly onPing: () => void
  /** `failure` says why there was no connection; `status` is that of an HTTP refusal, where it can be known. */
  readonly onClose: (closed: {
    readonly code: number
    readonly reason: string
    readonly failure?: string | undefined
    readonly status?: number | undefined
    readonly retryAfter?: string | undefined
  }) => void
}

export interface SocketOptions {
  readonly token: string
  /** The subprotocols that are offered. */
  readonly protocols: readonly string[]
  /** How long the handshake may take. */
  readonly timeoutMs: number
}

export interface Socket {
  readonly isOpen: boolean
  send(text: string): void
  close(code: number): void
  /** Ends the connection without a close frame, where that can be done. */
  terminate(): void
}

/** Opens a socket of ws, which tells the status of a refusal. */
export function openSocket(
  url: string,
  { token, protocols, timeoutMs }: SocketOptions,
  handlers: SocketHandlers,
): Socket {
  const socket = new WebSocket(url, [...protocols], {
    headers: { Authorization: `Bearer ${token}` },
    handshakeTimeout: timeoutMs,
    perMessageDeflate: false,
  })
  let failure: string | undefined
  let refused: { status: number; retryAfter: string | undefined } | undefined
  socket.on('error', (error) => (failure = refused === undefined ? error.message : `HTTP ${refused.status}`))
  socket.on('unexpected-response', (_request, { statusCode, headers }) => {
    refused = { status: statusCode ?? 0, retryAfter: headers['retry-after'] }
    // ws emits `error` and `close` for it; without it, it would emit neither.
    socket.terminate()
  })
  let node: string | undefined
  socket.on('upgrade', ({ headers }) => (node = headers['chat-node']?.toString()))
  socket.on('open', () => handlers.onOpen(node))
  socket.on('ping', handlers.onPing)
  socket.on('message', (data: RawData) => handlers.onText((data as Buffer).toString()))
  socket.on('close', (code, reason) => handlers.onClose({ code, reason: reason.toString(), failure, ...refused }))
  return {
    get isOpen() {
      return socket.readyState === WebSocket.OPEN
    },
    send: (text) => socket.send(text),
    close: (code) => socket.close(code),
    terminate: () => socket.terminate(),
  }
}
