import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocketServer, type WebSocket } from 'ws'
import { isProbeName } from '../protocol/names.ts'
import { AppError, type ErrorCode } from '../support/errors.ts'
import { CLOSE_TIMEOUT_MS, MAX_CLIENT_FRAME_BYTES, MAX_FRAGMENTS } from '../support/limits.ts'
import { WakeUp } from '../support/wake-up.ts'
import type { Session } from '../session/tokens.ts'
import type { Buffers } from './buffers.ts'
import { CLOSE_CODES } from './close-codes.ts'
import { Connection, type ConnectionServices } from './connection.ts'
import { admit, chosenProtocol, cutImpatient, type UpgradeRules } from './upgrade.ts'

export interface SocketServerOptions {
  readonly server: Server
  readonly services: ConnectionServices
  readonly rules: Omit<UpgradeRules, 'connections' | 'isDraining'>
  /** Name of this process, which the users of `prove` alone are told: they find out whose fault a loss is. */
  readonly nodeId: string
  /** Called with the error code of a refused upgrade. */
  readonly onRefused?: (code: ErrorCode, request: IncomingMessage) => void
  readonly onOpened?: () => void
  /** Called for each connection that `move` closes. */
  readonly onMoved?: () => void
}

/** Chunks of one frame that ws keeps until the frame is complete. */
const MAX_BUFFERED_CHUNKS = 4096
const NOTHING = Buffer.alloc(0)
const NODE_HEADER = 'Chat-Node'

/** Accepts WebSockets on an HTTP server, and closes them again. */
export class SocketServer {
  readonly #options: SocketServerOptions
  readonly #sockets: WebSocketServer
  readonly #connections = new Set<Connection>()
  readonly #emptied = new WakeUp()
  #draining = false

  constructor(options: SocketServerOptions) {
    this.#options = options
    // The type declarations of ws lack some of these options.
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // ws would answer without a bound.
      autoPong: false,
      maxPayload: MAX_CLIENT_FRAME_BYTES,
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: MAX_BUFFERED_CHUNKS,
      closeTimeout: CLOSE_TIMEOUT_MS,
      handleProtocols: (offered: Set<string>) => chosenProtocol([...offered]) ?? false,
    } as ConstructorParameters<typeof WebSocketServer>[0])
    options.server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head))
    options.rules.sessions.onRevoked((isRevoked) => this.#closeWhere((connection) => isRevoked(connection.session)))
  }

  /** The most connections that may be open. */
  get maxConnections(): number {
    return this.#options.rules.maxConnections
  }

  /** The number of open connections. */
  get size(): number {
    return this.#connections.size
  }

  /** Upgrades that wait for a query of the database. */
  get waitingUpgrades(): number {
    return this.#options.rules.queries.waiting
  }

  /** The bytes that wait for the clients. */
  get buffers(): Buffers {
    return this.#options.services.buffers
  }

  /** The number of different users who are connected, without those of `prove`. */
  get users(): number {
    return new Set([...this.#connections].map(({ session }) => session.user).filter((user) => !isProbeName(user))).size
  }

  /**
   * Accepts no more connections and closes the open ones evenly over `periodMs`, so that the clients reconnect evenly
   * too. Resolves when all are closed, at the latest some seconds after the period.
   */
  async drain(periodMs: number): Promise<void> {
    this.#draining = true
    await this.#closeEvenly([...this.#connections], periodMs, closeForRestart)
    if (this.#connections.size > 0) await this.#emptied.wait(CLOSE_TIMEOUT_MS)
    for (const connection of this.#connections) connection.terminate()
  }

  /**
   * Closes at most `count` connections evenly over `periodMs`, the oldest first, so that their clients connect to other processes.
   * Resolves when they are closed.
   *
   * @param isMovable by the time when a connection was opened, of `performance.now()`
   */
  async move(count: number, isMovable: (openedAtMs: number) => boolean, periodMs: number): Promise<void> {
    if (this.#draining) return
    const chosen: Connection[] = []
    // A Set has its elements in the order in which they were added.
    for (const connection of this.#connections) {
      if (chosen.length >= count) break
      if (!connection.isClosing && isMovable(connection.openedAtMs)) chosen.push(connection)
    }
    await this.#closeEvenly(chosen, periodMs, (connection) => {
      this.#options.onMoved?.()
      return connection.close(CLOSE_CODES.serviceRestart, 'rebalance')
    })
  }

  async #closeEvenly(
    connections: readonly Connection[],
    periodMs: number,
    close: (connection: Connection) => Promise<void>,
  ): Promise<void> {
    const stepMs = periodMs / Math.max(connections.length, 1)
    const startedAtMs = performance.now()
    const closing: Promise<void>[] = []
    for (const [index, connection] of connections.entries()) {
      // A timer may fire early.
      const leftMs = () => Math.ceil(startedAtMs + index * stepMs - performance.now())
      for (let waitMs = leftMs(); waitMs > 0; waitMs = leftMs()) await sleep(waitMs)
      if (this.#connections.has(connection)) closing.push(close(connection))
    }
    await Promise.all(closing)
  }

  #closeWhere(matches: (connection: Connection) => boolean): void {
    for (const connection of this.#connections) {
      if (matches(connection)) void connection.close(CLOSE_CODES.unauthorized, 'the token was revoked')
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy())
    const endWatch = cutImpatient(socket)
    try {
      if (head.length > 0) throw new AppError('bad_request', 'send nothing before the answer to the upgrade', 'body')
      const session = await admit(request, {
        ...this.#options.rules,
        connections: () => this.#connections.size,
        isDraining: () => this.#draining,
      })
      endWatch()
      this.#accept(request, socket, session)
    } catch (error) {
      endWatch()
      if (socket.destroyed) return
      if (!(error instanceof AppError)) this.#options.services.onError(error)
      const refusal =
        error instanceof AppError ? error : new AppError('internal', 'an unexpected error occurred and was logged')
      this.#options.onRefused?.(refusal.code, request)
      refuse(socket, refusal)
    }
  }

  #accept(request: IncomingMessage, socket: Duplex, session: Session): void {
    const { userConnections } = this.#options.rules
    let isAccepted = false
    const accept = (webSocket: WebSocket) => {
      isAccepted = true
      const connection = new Connection(webSocket, socket, session, this.#options.services)
      this.#connections.add(connection)
      webSocket.on('close', () => {
        userConnections.release(session.user)
        this.#connections.delete(connection)
        if (this.#connections.size === 0) this.#emptied.wake()
      })
      socket.resume()
      this.#options.onOpened?.()
    }
    const tell = (headers: string[]) => headers.push(`${NODE_HEADER}: ${encodeURIComponent(this.#options.nodeId)}`)
    if (isProbeName(session.user)) this.#sockets.on('headers', tell)
    if (!socket.destroyed) this.#sockets.handleUpgrade(request, socket, NOTHING, accept)
    this.#sockets.off('headers', tell)
    // The client has gone, or its request is none for a WebSocket.
    if (!isAccepted) userConnections.release(session.user)
  }
}

function closeForRestart(connection: Connection): Promise<void> {
  return connection.close(CLOSE_CODES.serviceRestart, 'service restart')
}

/** Answers an upgrade request with an HTTP error. */
function refuse(socket: Duplex, error: AppError): void {
  const body = JSON.stringify({ error: error.body })
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(error.headers).map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  // Whatever the client still sends is dropped.
  socket.resume()
  setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS).unref()
}
