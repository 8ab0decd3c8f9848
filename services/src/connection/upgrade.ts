import type { IncomingMessage } from 'node:http'
import { AppError } from '../support/errors.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Session } from '../session/tokens.ts'

export interface UpgradeRules {
  readonly sessions: Sessions
  readonly allowedOrigins: readonly string[]
  readonly maxConnections: number
  readonly connections: () => number
  readonly isDraining: () => boolean
}

export const protocolName = 'chat.v1'
const bearerProtocol = 'bearer.'

/**
 * Says who wants to connect, or refuses, the cheapest question first.
 * @throws AppError whose status answers the request.
 */
export async function admit(request: IncomingMessage, rules: UpgradeRules): Promise<Session> {
  if (rules.isDraining()) throw new AppError('unavailable', 'this process is shutting down: connect again')
  if (pathOf(request) !== '/') throw new AppError('not_found', 'WebSockets are served at /', 'path')
  checkOrigin(request, rules.allowedOrigins)
  if (rules.connections() >= rules.maxConnections)
    throw new AppError('unavailable', 'too many connections: try again later')
  const protocols = protocolsOf(request)
  if (protocols.length > 0 && !protocols.includes(protocolName)) {
    throw new AppError('bad_request', `the subprotocol must be ${protocolName}`, 'Sec-WebSocket-Protocol')
  }
  return rules.sessions.verify(tokenOf(request, protocols))
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? ''
}

/** Browsers always say where a page came from. Without a list a page may connect to its own host. */
function checkOrigin(request: IncomingMessage, allowed: readonly string[]): void {
  const { origin, host } = request.headers
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return
  if (allowed.length === 0 && URL.canParse(origin) && new URL(origin).host === host) return
  throw new AppError('forbidden', 'pages of this origin may not connect: add it to ALLOWED_ORIGINS', 'Origin')
}

function protocolsOf(request: IncomingMessage): string[] {
  const header = request.headers['sec-websocket-protocol']
  return header === undefined ? [] : header.split(',').map((name) => name.trim())
}

/** From the Authorization header, or, as browsers cannot set one, from a subprotocol `bearer.TOKEN`. */
function tokenOf(request: IncomingMessage, protocols: readonly string[]): string {
  const [, fromHeader] = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '') ?? []
  const token = fromHeader ?? protocols.find((name) => name.startsWith(bearerProtocol))?.slice(bearerProtocol.length)
  if (token === undefined) {
    const fix = `send "Authorization: Bearer TOKEN" or the subprotocols ${protocolName}, ${bearerProtocol}TOKEN`
    throw new AppError('unauthorized', `a token is needed: ${fix}`, 'token')
  }
  return token
}
