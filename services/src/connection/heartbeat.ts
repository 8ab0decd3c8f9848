import type { WebSocket } from 'ws'

export interface HeartbeatOptions {
  /** Time between two pings. */
  readonly intervalMs: number
  /** A client from which nothing arrived for this time is disconnected. */
  readonly timeoutMs: number
  /** Whether the client's token has expired. */
  readonly isExpired: () => boolean
  readonly onExpired: () => void
}

/** Until the connection closes: pings the client, disconnects it when it is silent, and reports when its token has expired. */
export function startHeartbeat(webSocket: WebSocket, options: HeartbeatOptions): void {
  let aliveAtMs = performance.now()
  for (const event of ['message', 'ping', 'pong'] as const) webSocket.on(event, () => (aliveAtMs = performance.now()))
  const timer = setInterval(() => {
    if (options.isExpired()) options.onExpired()
    else if (performance.now() - aliveAtMs > options.timeoutMs) webSocket.terminate()
    else if (webSocket.readyState === webSocket.OPEN) webSocket.ping()
  }, options.intervalMs)
  webSocket.on('close', () => clearInterval(timer))
}
