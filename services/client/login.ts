import { ApiError, login, refresh, register, type Granted } from './api.ts'
import { lifetimeMs } from './claims.ts'
import { randomText } from './random.ts'
import { SessionEndedError } from './types.ts'

const DEVICE_KEY_BYTES = 32
/** A token is replaced after this share of its life, so that there is time to try again. */
const RENEW_SHARE = 1 / 2

export interface LoginOptions {
  /** Shown in the list of sessions. */
  readonly deviceName?: string
  /** Registers the user first. @default false */
  readonly isNew?: boolean
}

/** A user who is logged in on this device. Its tokens are refreshed before they expire. */
export class Login {
  readonly #url: string
  readonly #deviceKey: string
  #token = ''
  /** A release that knows no refresh tokens gives none, and a token that lasts as long as the session. */
  #refreshToken: string | undefined
  /** By `performance.now()`: the clock of the device need not be right. */
  #renewAtMs = 0
  #refreshing: Promise<string> | undefined

  private constructor(url: string, deviceKey: string, granted: Granted) {
    this.#url = url
    this.#deviceKey = deviceKey
    this.#take(granted)
  }

  /** @param url base of the API @throws ApiError */
  static async open(
    url: string,
    user: { name: string; password: string },
    { deviceName, isNew = false }: LoginOptions = {},
  ): Promise<Login> {
    const key = newDeviceKey()
    const device = { key, ...(deviceName !== undefined && { name: deviceName }) }
    const granted = await (isNew ? register : login)(url, { ...user, device })
    return new Login(url, key, granted)
  }

  /**
   * A token that is valid for some time yet. It is a `ConnectOptions.token`.
   *
   * @param refused a token that the server has refused
   * @throws SessionEndedError if the user has to log in again; ApiError and network errors, after which it may be tried
   * again
   */
  readonly token = async (refused?: string): Promise<string> => {
    if (this.#refreshing) return this.#refreshing
    const isRefused = refused === this.#token
    if (!isRefused && (this.#refreshToken === undefined || performance.now() < this.#renewAtMs)) return this.#token
    if (this.#refreshToken === undefined) throw new SessionEndedError('the token was refused: log in again')
    this.#refreshing = this.#refresh(this.#refreshToken)
    try {
      return await this.#refreshing
    } finally {
      this.#refreshing = undefined
    }
  }

  async #refresh(refreshToken: string): Promise<string> {
    try {
      this.#take(await refresh(this.#url, { refreshToken, deviceKey: this.#deviceKey }))
      return this.#token
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) throw new SessionEndedError(error.message)
      throw error
    }
  }

  #take({ token, refreshToken }: Granted): void {
    this.#token = token
    this.#refreshToken = refreshToken
    this.#renewAtMs = performance.now() + (lifetimeMs(token) ?? Infinity) * RENEW_SHARE
  }
}

/** A secret of this device, without which a refresh token is of no use. */
export function newDeviceKey(): string {
  return randomText(DEVICE_KEY_BYTES)
}
