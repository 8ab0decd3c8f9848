import type { IncomingMessage } from 'node:http'
import { bearerToken } from '../session/bearer.ts'
import { AppError } from '../support/errors.ts'
import { pathOf } from '../support/http-server.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Session } from '../session/tokens.ts'

/** The conditions of an upgrade. */
export interface UpgradeRules {
  readonly sessions: Sessions
  readonly allowedOrigins: readonly string[]
  readonly maxConnections: number
  readonly connections: () => number
  readonly isDraining: () => boolean
}

/** The subprotocol of the message protocol. */
export const PROTOCOL_NAME = 'chat.v1'
const BEARER_PREFIX = 'bearer.'

/**
 * Checks an upgrade request, the cheapest condition first, and returns the session of its token.
 * @throws AppError whose status and body answer the request
 */
export async function admit(request: IncomingMessage, rules: UpgradeRules): Promise<Session> {
  if (rules.isDraining()) throw new AppError('unavailable', 'this process is shutting down: connect again')
  if (pathOf(request) !== '/') throw new AppError('not_found', 'WebSockets are served at /', 'path')
  checkOrigin(request, rules.allowedOrigins)
  if (rules.connections() >= rules.maxConnections)
    throw new AppError('unavailable', 'too many connections: try again later')
  const protocols = protocolsOf(request)
  if (protocols.length > 0 && !protocols.includes(PROTOCOL_NAME)) {
    throw new AppError('bad_request', `the subprotocol must be ${PROTOCOL_NAME}`, 'Sec-WebSocket-Protocol')
  }
  return rules.sessions.verify(tokenOf(request, protocols))
}

/** Browsers send the origin of the page. If no origins are configured, a page may connect to its own host. */
function checkOrigin(request: IncomingMessage, allowed: readonly string[]): void {
  const { origin, host } = request.headers
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return
  if (allowed.length === 0 && URL.canParse(origin) && new URL(origin).host === host) return
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
