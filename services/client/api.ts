/** An error answer of the API; `code` is that of its body. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly field: string | undefined

  constructor(status: number, error: { code: string; field?: string; message: string }) {
    super(error.message)
    this.status = status
    this.code = error.code
    this.field = error.field
  }
}

const REQUEST_TIMEOUT_MS = 30_000
/** Characters of an unexpected answer that an error message shows. */
const MAX_SHOWN_CHARACTERS = 200

/** A user, and the device on which the user logs in. Without a device the token lasts as long as the session. */
export interface Credentials {
  readonly name: string
  readonly password: string
  readonly device?: { readonly key: string; readonly name?: string }
}

export interface Granted {
  readonly token: string
  /** Releases after 0.1.0 give one. */
  readonly refreshToken?: string
}

/** Registers a user. @param url base of the API, such as http://127.0.0.1:8080 @throws ApiError */
export async function register(url: string, user: Credentials): Promise<Granted> {
  return call(url, 'POST', '/api/users/register', undefined, user)
}

/** Logs a user in. @throws ApiError */
export async function login(url: string, user: Credentials, timeoutMs?: number): Promise<Granted> {
  return call(url, 'POST', '/api/users/login', undefined, user, timeoutMs)
}

/** Gives the next tokens of a session. @throws ApiError */
export async function refresh(
  url: string,
  session: { refreshToken: string; deviceKey?: string },
): Promise<Granted & { refreshToken: string }> {
  return call(url, 'POST', '/api/users/refresh', undefined, session)
}

/**
 * Creates a room that anyone may join, or a group. The API makes a group unless it is told otherwise.
 * @throws ApiError
 */
export async function createRoom(
  url: string,
  token: string,
  { kind = 'public', ...options }: { room?: string; title?: string; kind?: 'public' | 'group' } = {},
): Promise<{ room: string; title: string; epoch: number }> {
  return call(url, 'POST', '/api/chat/rooms', token, { kind, ...options })
}

/**
 * Sends one request and returns its parsed answer.
 *
 * @param timeoutMs
 * @default 30000
 * @throws ApiError
 */
export async function call<T>(
  url: string,
  method: string,
  path: string,
  token?: string,
  body?: unknown,
  timeoutMs = REQUEST_TIMEOUT_MS,
): Promise<T> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: {
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs),
  })
  const text = await response.text()
  const content: unknown = text === '' ? undefined : parse(text)
  if (response.ok) return content as T
  const error = (content as { error?: { code: string; message: string } } | undefined)?.error
  throw new ApiError(
    response.status,
    error ?? { code: 'unknown', message: `HTTP ${response.status}: ${text.slice(0, MAX_SHOWN_CHARACTERS)}` },
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
