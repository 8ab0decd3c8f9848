import { ApiError, call, newDeviceKey, SessionEndedError } from '@chat-app/services/client'

/** What the server answers to a log-in. */
interface Granted {
  readonly name: string
  readonly token: string
  readonly expiresAt: string
  /** Without TLS; otherwise it is in a cookie that the page cannot read. */
  readonly refreshToken?: string
}

/** What the next tokens are asked for with. */
type Refresh = { readonly cookie: true } | { readonly refreshToken: string; readonly deviceKey: string }

const BY_COOKIE: Refresh = { cookie: true }
/** A browser keeps no cookie that is secure without TLS, but for the machine itself. */
const HAS_COOKIE = globalThis.isSecureContext

/** A token is replaced after this share of its life, so that there is time to try again. */
const RENEW_SHARE = 1 / 2
/** Only one tab refreshes at a time: each refresh makes the token before it useless for others. */
const LOCK = 'chat-app-refresh'

export const BASE = location.origin

/** Whoever logs in or registers. */
export interface NewUser {
  readonly name: string
  readonly password: string
  /** The code of an invitation to register. */
  readonly invitation?: string
}

/** The session of the user of this page. Its access token is in memory alone. */
export class PageSession {
  readonly name: string
  #refreshWith: Refresh
  #token: string
  #renewAtMs: number
  #refreshing: Promise<string> | undefined

  private constructor(granted: Granted, refreshWith: Refresh) {
    this.name = granted.name
    this.#refreshWith = refreshWith
    this.#token = granted.token
    this.#renewAtMs = renewalOf(granted)
  }

  /** Logs in, or registers first. @throws ApiError */
  static async open(how: 'login' | 'register', user: NewUser): Promise<PageSession> {
    const device = { key: newDeviceKey(), name: deviceName() }
    const body = { ...user, device, ...(HAS_COOKIE && BY_COOKIE) }
    const granted = await call<Granted>(BASE, 'POST', `/api/users/${how}`, undefined, body)
    return new PageSession(granted, refreshOf(granted, device.key))
  }

  /** The session of the cookie; undefined if there is none. @throws ApiError, TypeError when the server cannot be asked */
  static async resume(): Promise<PageSession | undefined> {
    try {
      return new PageSession(await refreshed(BY_COOKIE), BY_COOKIE)
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.status === 400)) return undefined
      throw error
    }
  }

  /** A token that is valid for some time yet. @throws SessionEndedError */
  readonly token = async (refused?: string): Promise<string> => {
    if (refused !== this.#token && performance.now() < this.#renewAtMs) return this.#token
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined))
    return this.#refreshing
  }

  /** Asks for another token before the next use: the last one may be why a connection was refused. */
  doubt(): void {
    this.#renewAtMs = 0
  }

  /** Sends a request as the user. @throws ApiError */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    return call<T>(BASE, method, path, await this.token(), body)
  }

  /** @throws ApiError */
  async download(path: string): Promise<Blob> {
    const response = await fetch(path, { headers: { Authorization: `Bearer ${await this.token()}` } })
    if (response.ok) return response.blob()
    const { error } = (await response.json()) as { error: { code: string; message: string } }
    throw new ApiError(response.status, error)
  }

  async logOut(): Promise<void> {
    await this.call('POST', '/api/users/logout')
  }

  async #refresh(): Promise<string> {
    try {
      const refresh = this.#refreshWith
      const granted = await refreshed(refresh)
      if ('deviceKey' in refresh) this.#refreshWith = refreshOf(granted, refresh.deviceKey)
      this.#token = granted.token
      this.#renewAtMs = renewalOf(granted)
      return this.#token
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) throw new SessionEndedError(error.message)
      throw error
    }
  }
}

function refreshOf({ refreshToken }: Granted, deviceKey: string): Refresh {
  return refreshToken === undefined ? BY_COOKIE : { refreshToken, deviceKey }
}

async function refreshed(body: Refresh): Promise<Granted> {
  const refresh = () => call<Granted>(BASE, 'POST', '/api/users/refresh', undefined, body)
  // Without locks, an older browser, two tabs that refresh at once get the same successor from the server.
  return navigator.locks ? navigator.locks.request(LOCK, refresh) : refresh()
}

function renewalOf({ expiresAt }: Granted): number {
  return performance.now() + (Date.parse(expiresAt) - Date.now()) * RENEW_SHARE
}

function deviceName(): string {
  const browser = /(Firefox|Edg|Chrome|Safari)\//.exec(navigator.userAgent)?.[1] ?? 'Browser'
  return `${browser === 'Edg' ? 'Edge' : browser} (web)`
}
