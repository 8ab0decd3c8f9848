import { readCredential, type Credential } from './variables.ts'

/**
 * Follows the files of mounted Secrets. Kubernetes swaps a symbolic link above them, which no watch of the file itself reports, so
 * their few bytes are read again every `intervalMs`. A file that is missing or empty for a moment keeps its last value.
 */
export class CredentialFiles {
  readonly #files: ReadonlyMap<Credential, string>
  readonly #values: Map<string, string>
  readonly #listeners = new Set<(changed: ReadonlySet<Credential>) => void>()
  readonly #timer: NodeJS.Timeout

  constructor(files: ReadonlyMap<Credential, string>, values: ReadonlyMap<string, string>, intervalMs = 1000) {
    this.#files = files
    this.#values = new Map(values)
    this.#timer = setInterval(() => this.check(), intervalMs)
    this.#timer.unref()
  }

  /** The newest value of a variable. */
  get(name: string): string | undefined {
    return this.#values.get(name)
  }

  onChange(listener: (changed: ReadonlySet<Credential>) => void): void {
    this.#listeners.add(listener)
  }

  /** Reads all files now and tells the listeners once what changed. */
  check(): void {
    const changed = new Set<Credential>()
    for (const [name, path] of this.#files) {
      const value = tryRead(path)
      if (!value || value === this.#values.get(name)) continue
      this.#values.set(name, value)
      changed.add(name)
    }
    if (changed.size === 0) return
    for (const listener of this.#listeners) listener(changed)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

function tryRead(path: string): string | undefined {
  try {
    return readCredential(path)
  } catch {
    return undefined
  }
}
