export interface RotationOptions {
  readonly rotate: (url: string) => Promise<void>
  readonly onRotated?: () => void
  readonly onError?: (error: unknown) => void
  /** Default: 3 s. */
  readonly retryMs?: number
}

/** Brings a new URL into use: one attempt at a time, the newest URL wins, and one that fails is tried again until it works. */
export class Rotation {
  readonly #options: RotationOptions
  #wanted: string | undefined
  #running = false
  #wake: () => void = () => undefined

  constructor(options: RotationOptions) {
    this.#options = options
  }

  want(url: string): void {
    this.#wanted = url
    this.#wake()
    if (!this.#running) void this.#run()
  }

  stop(): void {
    this.#wanted = undefined
    this.#wake()
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
        if (this.#wanted === url) await this.#pause()
      }
    }
    this.#running = false
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#options.retryMs ?? 3000).unref()
      this.#wake = () => (clearTimeout(timer), resolve())
    })
  }
}
