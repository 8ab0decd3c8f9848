import { ask, type Edge } from './edge.ts'

/** An access token of a user, and how its session is ended. */
export interface Granted {
  readonly token: string
  readonly end: () => Promise<void>
}

export const CREDENTIAL_VARIABLES = {
  CHATAPP_TOKEN: 'with --edge: an access token of a user of the chat, who opens the sockets',
  CHATAPP_USER: 'with --edge, in place of a token: the name of a user, who is logged in and out again',
  CHATAPP_PASSWORD: 'the password of that user',
} as const

/** It stands in the name of a subprotocol (RFC 9110, token). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

type Variables = Readonly<Record<string, string | undefined>>

/**
 * The token of the environment, or of a log-in through the edge. They are no options, since all users of a machine see those.
 *
 * @returns why there is none
 */
export async function tokenFor(api: Edge, env: Variables, timeoutMs: number): Promise<Granted | string> {
  const { CHATAPP_TOKEN: token, CHATAPP_USER: name, CHATAPP_PASSWORD: password } = env
  if (token && !TOKEN.test(token))
    return 'CHATAPP_TOKEN has a character that no access token has: set it to the "token" of a log-in'
  if (token) return { token, end: () => Promise.resolve() }
  if (!name || !password)
    return 'sockets need a user of the chat: set CHATAPP_TOKEN, or CHATAPP_USER and CHATAPP_PASSWORD'
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ name, password })
  const login = { method: 'POST', path: '/api/users/login', headers, body, timeoutMs }
  try {
    const answer = await ask(api, login)
    const granted = tokenIn(answer.body)
    if (granted === undefined) return `the log-in of CHATAPP_USER is answered with HTTP ${answer.status}`
    return { token: granted, end: () => logOut(api, granted, timeoutMs) }
  } catch (error) {
    return `the log-in of CHATAPP_USER has failed: ${(error as Error).message}`
  }
}

function tokenIn(body: string): string | undefined {
  try {
    const { token } = JSON.parse(body) as { token?: unknown }
    return typeof token === 'string' && TOKEN.test(token) ? token : undefined
  } catch {
    return undefined
  }
}

/** A session that is left is ended by its time. */
async function logOut(api: Edge, token: string, timeoutMs: number): Promise<void> {
  const headers = { authorization: `Bearer ${token}` }
  await ask(api, { method: 'POST', path: '/api/users/logout', headers, timeoutMs }).catch(() => undefined)
}
