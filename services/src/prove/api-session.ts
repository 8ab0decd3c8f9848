import { ApiError, call, login } from '../../client/api.ts'
import { messageOf } from '../support/errors.ts'
import type { Account } from './accounts.ts'
import type { Received } from './ledger.ts'

const REQUEST_TIMEOUT_MS = 5000
/** Shorter than a gap that fails a release: the kept connection may lead to a pod that is gone. */
const POST_TIMEOUT_MS = 2000

/** One user at one API: the token, and requests for the messages of the room. */
export class ApiSession {
  readonly #api: string
  readonly #account: Account
  readonly #path: string
  readonly #onFailure: (failure: string) => void
  #token: Promise<string> | undefined
  #isUnknown = false

  constructor(api: string, account: Account, room: string, onFailure: (failure: string) => void) {
    this.#api = api
    this.#account = account
    this.#path = `/api/chat/rooms/${room}/messages`
    this.#onFailure = onFailure
  }

  /** Whether the API knows no users of a proof: its release is older than they are. */
  get isUnknown(): boolean {
    return this.#isUnknown
  }

  /** The token, which lasts longer than a proof. @throws ApiError */
  authorize(): Promise<string> {
    this.#token ??= this.#logIn()
    return this.#token
  }

  /** Logs in again at the next use: the token was refused. */
  forgetToken(): void {
    this.#token = undefined
  }

  /** Stores a message and returns its number; undefined if it failed. */
  async post(clientId: string, body: string): Promise<number | undefined> {
    return (await this.#request<{ seq: number }>('POST', '', POST_TIMEOUT_MS, { clientId, body }))?.seq
  }

  /** The first messages after a number, oldest first; undefined if it failed. */
  async page(after: number, limit: number): Promise<readonly Received[] | undefined> {
    const query = `?after=${after}&limit=${limit}`
    return (await this.#request<{ events: readonly Received[] }>('GET', query, REQUEST_TIMEOUT_MS))?.events
  }

  async #logIn(): Promise<string> {
    try {
      return (await login(this.#api, this.#account, REQUEST_TIMEOUT_MS)).token
    } catch (error) {
      this.#token = undefined
      this.#isUnknown ||= error instanceof ApiError && error.status === 400
      throw error
    }
  }

  async #request<T>(method: string, query: string, timeoutMs: number, body?: unknown): Promise<T | undefined> {
    const path = `${this.#path}${query}`
    try {
      return await call<T>(this.#api, method, path, await this.authorize(), body, timeoutMs)
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.forgetToken()
      this.#onFailure(`${method} ${path}: ${messageOf(error)}`)
      return undefined
    }
  }
}
