/** A map of at most `limit` entries that forgets the least recently used, and every entry after `maxAgeMs`. */
export class BoundedCache<Key, Value> {
  readonly #entries = new Map<Key, { value: Value; expiresAtMs: number }>()
  readonly #limit: number
  readonly #maxAgeMs: number

  constructor(limit: number, maxAgeMs = Number.POSITIVE_INFINITY) {
    this.#limit = limit
    this.#maxAgeMs = maxAgeMs
  }

  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    if (entry.expiresAtMs <= Date.now()) return undefined
    this.#entries.set(key, entry)
    return entry.value
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key)
    this.#entries.set(key, { value, expiresAtMs: Date.now() + this.#maxAgeMs })
    if (this.#entries.size <= this.#limit) return
    const oldest = this.#entries.keys().next()
    if (!oldest.done) this.#entries.delete(oldest.value)
  }

  delete(key: Key): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }
}
