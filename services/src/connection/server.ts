import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { AppError, messageOf } from '../support/errors.ts'
import { closeCodes } from './close-codes.ts'
import { Connection, type ConnectionServices } from './connection.ts'
import { admit, protocolName, type UpgradeRules } from './upgrade.ts'

export interface SocketServerOptions {
  readonly server: Server
  readonly services: ConnectionServices
  readonly rules: Omit<UpgradeRules, 'connections' | 'isDraining'>
  readonly onRefused?: (code: string) => void
  readonly onOpened?: () => void
}

/** A body of 16 KiB, escaped as JSON at its longest, is larger; clients that send such bodies write UTF-8 as it is. */
const maxPayloadBytes = 64 * 1024
const maxFragments = 64
const maxBufferedChunks = 4096
/** How long a client may take to answer a close frame. */
const closeTimeoutMs = 5000

/** Accepts WebSockets on an HTTP server, and closes them again. */
export class SocketServer {
  readonly #options: SocketServerOptions
  readonly #sockets: WebSocketServer
  readonly #connections = new Set<Connection>()
  #draining = false

  constructor(options: SocketServerOptions) {
    this.#options = options
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: maxPayloadBytes,
      maxFragments,
      maxBufferedChunks,
      closeTimeout: closeTimeoutMs,
      handleProtocols: () => protocolName,
    } as ConstructorParameters<typeof WebSocketServer>[0])
    options.server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head))
    options.rules.sessions.onRevoked((isRevoked) => this.#closeWhere((connection) => isRevoked(connection.session)))
  }

  get size(): number {
    return this.#connections.size
  }

  /** How many different users are connected. */
  get users(): number {
    return new Set([...this.#connections].map(({ session }) => session.user)).size
  }

  get isDraining(): boolean {
    return this.#draining
  }

  /**
   * Accepts nothing more and closes what is open evenly over `periodMs`, so that the clients' return is spread as well. Resolves when
   * all are closed, at the latest some seconds after the period.
   */
  async drain(periodMs: number): Promise<void> {
    this.#draining = true
    const connections = [...this.#connections]
    const stepMs = periodMs / Math.max(connections.length, 1)
    const startedAt = Date.now()
    const closing: Promise<void>[] = []
    for (const [index, connection] of connections.entries()) {
      const waitMs = startedAt + index * stepMs - Date.now()
      if (waitMs > 0) await pause(waitMs)
      if (this.#connections.has(connection))
        closing.push(connection.close(closeCodes.serviceRestart, 'service restart'))
    }
    await Promise.all(closing)
    const deadline = Date.now() + closeTimeoutMs
    while (this.#connections.size > 0 && Date.now() < deadline) await pause(20)
    for (const connection of this.#connections) connection.terminate()
  }

  #closeWhere(matches: (connection: Connection) => boolean): void {
    for (const connection of this.#connections) {
      if (matches(connection)) void connection.close(closeCodes.unauthorized, 'the token was revoked')
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy())
    try {
      const session = await admit(request, {
        ...this.#options.rules,
        connections: () => this.#connections.size,
        isDraining: () => this.#draining,
      })
      if (socket.destroyed) return
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const connection = new Connection(webSocket, session, this.#options.services)
        this.#connections.add(connection)
        webSocket.on('close', () => this.#connections.delete(connection))
        this.#options.onOpened?.()
        if (this.#draining) void connection.close(closeCodes.serviceRestart, 'service restart')
      })
    } catch (error) {
      this.#refuse(socket, error)
    }
  }

  #refuse(socket: Duplex, error: unknown): void {
    const refusal = error instanceof AppError ? error : new AppError('internal', messageOf(error))
    this.#options.onRefused?.(refusal.code)
    const body = JSON.stringify({ error: refusal.body })
    const head = [
      `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...(refusal.status === 401 ? ['WWW-Authenticate: Bearer'] : []),
      'Connection: close',
    ]
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
    setTimeout(() => socket.destroy(), closeTimeoutMs).unref()
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
