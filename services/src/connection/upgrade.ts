import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { bearerToken } from '../session/bearer.ts'
import { AppError } from '../support/errors.ts'
import { pathOf } from '../support/http-server.ts'
import { UPGRADE_PATIENCE_MS } from '../support/limits.ts'
import type { Semaphore } from '../support/semaphore.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Session } from '../session/tokens.ts'
import type { UserConnections } from './user-connections.ts'

/** The conditions of an upgrade. */
export interface UpgradeRules {
  readonly sessions: Sessions
  readonly allowedOrigins: readonly string[]
  readonly maxConnections: number
  readonly userConnections: Pick<UserConnections, 'take' | 'release'>
  /** Bounds how many upgrades ask the database at a time, and how many wait for it. */
  readonly queries: Semaphore
  readonly connections: () => number
  readonly isDraining: () => boolean
}

/** The subprotocol of the message protocol. */
const PROTOCOL_NAME = 'chat.v1'
/** The same with shorter frames of events. */
export const SHORT_PROTOCOL = 'chat.v2'
const BEARER_PREFIX = 'bearer.'
/** `/` on a host of its own, and `/ws` on the host of the API, whose `/` is the chat page. */
const PATHS: ReadonlySet<string> = new Set(['/', '/ws'])

/**
 * Checks an upgrade request, the cheapest condition first, and returns the session of its token. A valid token that this
 * process does not know waits for a query of the database, unless the client has gone when its turn comes. The connection is
 * counted for its user then.
 * @throws AppError whose status and body answer the request
 */
export async function admit(request: IncomingMessage, rules: UpgradeRules): Promise<Session> {
  checkRoom(rules)
  if (!PATHS.has(pathOf(request))) throw new AppError('not_found', 'WebSockets are served at / and /ws', 'path')
  checkOrigin(request, rules.allowedOrigins)
  const protocols = protocolsOf(request)
  if (protocols.length > 0 && chosenProtocol(protocols) === undefined) {
    throw new AppError(
      'bad_request',
      `the subprotocol must be ${SHORT_PROTOCOL} or ${PROTOCOL_NAME}`,
      'Sec-WebSocket-Protocol',
    )
  }
  const patience = { isWanted: () => !request.socket.destroyed, patienceMs: UPGRADE_PATIENCE_MS }
  const session = await rules.sessions.verify(tokenOf(request, protocols), {
    inTurn: (query) => rules.queries.run(query, patience),
  })
  await rules.userConnections.take(session.user)
  try {
    // Others were accepted meanwhile.
    checkRoom(rules)
    return session
  } catch (error) {
    rules.userConnections.release(session.user)
    throw error
  }
}

/** The subprotocol of a connection, whatever else its client offers; undefined if it speaks none that is known. */
export function chosenProtocol(offered: readonly string[]): string | undefined {
  return [SHORT_PROTOCOL, PROTOCOL_NAME].find((name) => offered.includes(name))
}

function checkRoom({ isDraining, connections, maxConnections }: UpgradeRules): void {
  if (isDraining()) throw new AppError('unavailable', 'this process is shutting down: connect again')
  if (connections() >= maxConnections) throw new AppError('unavailable', 'too many connections: try again later')
}

/**
 * Until the returned function is called, cuts a client that hangs up or sends something before it has the answer, which
 * RFC 6455, 4.1, forbids. Without a reader a socket would not tell that its client has gone.
 */
export function cutImpatient(socket: Duplex): () => void {
  const cut = () => socket.destroy()
  socket.on('data', cut).on('end', cut)
  return () => {
    socket.off('data', cut).off('end', cut)
    socket.pause()
  }
}

/** Browsers send the origin of the page. A page may always connect to its own host, as the chat page does. */
function checkOrigin(request: IncomingMessage, allowed: readonly string[]): void {
  const { origin, host } = request.headers
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return
  if (URL.canParse(origin) && new URL(origin).host === host) return
  throw new AppError('forbidden', 'pages of this origin may not connect: add the origin to ALLOWED_ORIGINS', 'Origin')
}

function protocolsOf(request: IncomingMessage): string[] {
  const header = request.headers['sec-websocket-protocol']
  return header === undefined ? [] : header.split(',').map((name) => name.trim())
}

/** The token of the Authorization header or, because browsers cannot set one, of a subprotocol `bearer.TOKEN`. */
function tokenOf(request: IncomingMessage, protocols: readonly string[]): string {
  const token =
    bearerToken(request.headers) ??
    protocols.find((name) => name.startsWith(BEARER_PREFIX))?.slice(BEARER_PREFIX.length)
  if (token === undefined) {
    const fix = `send "Authorization: Bearer TOKEN" or the subprotocols ${PROTOCOL_NAME}, ${BEARER_PREFIX}TOKEN`
    throw new AppError('unauthorized', `a token is needed: ${fix}`, 'token')
  }
  return token
}
