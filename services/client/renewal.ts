import { lifetimeMs } from './claims.ts'
import { unref } from './timers.ts'

/** An open connection looks for a newer token so many times in the life of its token. */
const TURNS_IN_LIFE = 4
const LONGEST_TURN_MS = 86_400_000

/** Offers the server newer tokens on an open connection, which so lives longer than its token. */
export class Renewal {
  #token: string
  #offered: string
  readonly #timer: ReturnType<typeof setInterval> | undefined

  /**
   * @param options.next a token that is valid for some time yet
   * @param options.send sends a text frame
   */
  constructor(token: string, options: { next: () => Promise<string>; send: (text: string) => void }) {
    this.#token = this.#offered = token
    const offer = async () => {
      const next = await options.next()
      if (next === this.#token) return
      this.#offered = next
      options.send(JSON.stringify({ type: 'renew', token: next }))
    }
    // After a failure it is tried again at the next turn.
    const turn = () => void offer().catch(() => undefined)
    const lifeMs = lifetimeMs(token)
    if (lifeMs !== undefined && lifeMs > 0)
      this.#timer = unref(setInterval(turn, Math.min(lifeMs / TURNS_IN_LIFE, LONGEST_TURN_MS)))
  }

  /** The token that the connection has. */
  get token(): string {
    return this.#token
  }

  /** The server has taken the token that was offered last. */
  accepted(): void {
    this.#token = this.#offered
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
