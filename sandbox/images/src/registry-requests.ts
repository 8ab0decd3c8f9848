import { reasonOf, type Registry } from './registry.ts'

/** An account of a registry. */
export interface Login {
  readonly user: string
  readonly password: string
}

export interface RegistryRequest {
  readonly method: 'HEAD' | 'POST' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
  /** Called again if the request is repeated after a login. */
  readonly body?: () => NonNullable<RequestInit['body']>
  readonly signal: AbortSignal
}

/** Sends a request and returns the response with any status. @throws Error if there is no response */
export type SendRequest = (url: string, request: RegistryRequest) => Promise<Response>

const TIMEOUT_MS = 300_000

/**
 * Returns a function that sends requests to a registry. After a response with status 401, it logs in as the response
 * requires: with the password (Basic), or with a token of a token server (Bearer, Docker Registry specification). It
 * sends neither to other servers.
 */
export function requestsTo(registry: Registry, login?: Login): SendRequest {
  const { origin } = new URL(registry.origin)
  let authorization: string | undefined
  return async (url, request) => {
    if (new URL(url).origin !== origin) return send(url, request)
    const answer = await send(url, request, authorization)
    const challenge = answer.status === 401 ? answer.headers.get('www-authenticate') : null
    const granted = challenge === null ? undefined : await authorizationFor(challenge, registry, login, request.signal)
    if (granted === undefined) return answer
    await answer.body?.cancel()
    authorization = granted
    return send(url, request, authorization)
  }
}

async function send(url: string, request: RegistryRequest, authorization?: string): Promise<Response> {
  const { method, headers, body, signal } = request
  return fetched(url, {
    method,
    headers: { ...headers, ...(authorization !== undefined && { authorization }) },
    ...(body && { body: body(), duplex: 'half' }),
    signal,
  })
}

async function fetched(url: string, init: RequestInit & { readonly signal: AbortSignal }): Promise<Response> {
  const signal = AbortSignal.any([init.signal, AbortSignal.timeout(TIMEOUT_MS)])
  return fetch(url, { ...init, signal }).catch((error: unknown) => {
    throw new Error(`${new URL(url).host}: ${reasonOf(error)}`, { cause: error })
  })
}

/** Returns the value of the Authorization header; undefined if the login does not fit the challenge. */
async function authorizationFor(
  challenge: string,
  registry: Registry,
  login: Login | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const basic =
    login === undefined
      ? undefined
      : `Basic ${Buffer.from(`${login.user}:${login.password}`, 'utf8').toString('base64')}`
  if (/^basic\b/i.test(challenge)) return basic
  const fields = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]))
  const realm = fields.get('realm')
  if (!/^bearer\b/i.test(challenge) || realm === undefined) return undefined
  const url = new URL(realm)
  if (url.protocol !== 'https:' && registry.origin.startsWith('https:')) {
    throw new Error(
      `${registry.prefix}: the registry requires a login at ${realm}, which is not https; the login was not sent`,
    )
  }
  const service = fields.get('service')
  if (service !== undefined) url.searchParams.set('service', service)
  for (const scope of fields.get('scope')?.split(' ') ?? []) url.searchParams.append('scope', scope)
  const answer = await fetched(url.href, { headers: { ...(basic !== undefined && { authorization: basic }) }, signal })
  if (!answer.ok) throw new Error(`${url.host}: login refused: ${await textOf(answer)}`)
  const { token, access_token: alias } = (await answer.json()) as {
    readonly token?: string
    readonly access_token?: string
  }
  return `Bearer ${token ?? alias ?? ''}`
}

/** Returns the status and the first 300 characters of the body. */
export async function textOf(answer: Response): Promise<string> {
  return `${answer.status} ${(await answer.text()).slice(0, 300)}`.trimEnd()
}
