import { WakeUp } from './wake-up.ts'

const RETRY_MS = 3000

export interface RotationOptions {
  readonly rotate: (url: string) => Promise<void>
  readonly onRotated?: () => void
  readonly onError?: (error: unknown) => void
  /** @default 3000 */
  readonly retryMs?: number
}

/**
 * Switches to a new URL: one attempt at a time, the newest URL wins, and an attempt that fails is repeated until one
 * succeeds.
 */
export class Rotation {
  readonly #options: RotationOptions
  readonly #wakeUp = new WakeUp()
  #wanted: string | undefined
  #running = false

  constructor(options: RotationOptions) {
    this.#options = options
  }

  want(url: string): void {
    this.#wanted = url
    this.#wakeUp.wake()
    if (!this.#running) void this.#run()
  }

  stop(): void {
    this.#wanted = undefined
    this.#wakeUp.wake()
  }

  async #run(): Promise<void> {
    this.#running = true
    for (let url = this.#wanted; url !== undefined; url = this.#wanted) {
      try {
        await this.#options.rotate(url)
        if (this.#wanted === url) this.#wanted = undefined
        this.#options.onRotated?.()
      } catch (error) {
        this.#options.onError?.(error)
        if (this.#wanted === url) await this.#wakeUp.wait(this.#options.retryMs ?? RETRY_MS)
      }
    }
    this.#running = false
  }
}
