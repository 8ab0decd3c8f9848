import { RECONCILE_BACKOFF_MS } from '../limits.ts'
import { delayMs } from './backoff.ts'

export interface QueueOptions {
  /** Number of keys that are handled at the same time. */
  readonly workers: number
  /** Handles one key. An error is passed to `onError`; the key is handled again only when it is added again. */
  readonly handle: (key: string) => Promise<void>
  readonly onError: (key: string, error: unknown) => void
  /** @default { base: 200, max: 60_000 } */
  readonly backoffMs?: { readonly base: number; readonly max: number }
}

/**
 * A queue of keys. A key that is added several times before it is handled is handled once; a key that is added while it
 * is handled is handled once more afterwards, never twice at the same time.
 */
export class Queue {
  readonly #options: QueueOptions
  readonly #waiting = new Set<string>()
  readonly #active = new Map<string, Promise<void>>()
  readonly #again = new Set<string>()
  readonly #timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly dueMs: number }>()
  readonly #failures = new Map<string, number>()
  #state: 'idle' | 'running' | 'stopped' = 'idle'

  constructor(options: QueueOptions) {
    this.#options = options
  }

  /** Keys that wait for a worker. */
  get depth(): number {
    return this.#waiting.size + this.#again.size
  }

  /** Keys that wait for their delay. */
  get delayed(): number {
    return this.#timers.size
  }

  get active(): number {
    return this.#active.size
  }

  /** Starts to handle keys, also those that were added before. */
  start(): void {
    if (this.#state === 'idle') this.#state = 'running'
    this.#dispatch()
  }

  add(key: string): void {
    if (this.#state === 'stopped') return
    this.#cancelTimer(key)
    if (this.#active.has(key)) this.#again.add(key)
    else this.#waiting.add(key)
    this.#dispatch()
  }

  /** Adds the key after a delay. Of several delays the earliest counts; `add` cancels it. */
  addAfter(key: string, ms: number): void {
    if (this.#state === 'stopped') return
    const dueMs = performance.now() + ms
    const present = this.#timers.get(key)
    if (present !== undefined && present.dueMs <= dueMs) return
    this.#cancelTimer(key)
    this.#timers.set(key, { timer: setTimeout(() => this.add(key), ms), dueMs })
  }

  /** Adds the key after a delay that doubles with each call until `forget`. Returns the delay. */
  addAfterFailure(key: string): number {
    const { base, max } = this.#options.backoffMs ?? RECONCILE_BACKOFF_MS
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    const ms = delayMs(failures, base, max)
    this.addAfter(key, ms)
    return ms
  }

  /** Resets the delay of `addAfterFailure` after a success. */
  forget(key: string): void {
    this.#failures.delete(key)
  }

  /** Takes no more keys and waits for those that are handled, at most `graceMs`. Returns whether all have ended. */
  async stop(graceMs: number): Promise<boolean> {
    this.#state = 'stopped'
    for (const key of this.#timers.keys()) this.#cancelTimer(key)
    this.#waiting.clear()
    this.#again.clear()
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, graceMs)
    await Promise.race([Promise.all(this.#active.values()), promise])
    clearTimeout(timer)
    return this.#active.size === 0
  }

  #dispatch(): void {
    if (this.#state !== 'running') return
    for (const key of this.#waiting) {
      if (this.#active.size >= this.#options.workers) return
      this.#waiting.delete(key)
      this.#active.set(key, this.#work(key))
    }
  }

  async #work(key: string): Promise<void> {
    // The handler starts after `add` has returned, so that its caller never runs the handler's code.
    await Promise.resolve()
    try {
      await this.#options.handle(key)
    } catch (error) {
      this.#options.onError(key, error)
    } finally {
      this.#active.delete(key)
      if (this.#again.delete(key)) this.#waiting.add(key)
      this.#dispatch()
    }
  }

  #cancelTimer(key: string): void {
    clearTimeout(this.#timers.get(key)?.timer)
    this.#timers.delete(key)
  }
}
