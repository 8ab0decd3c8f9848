import { readCredential, type Credential } from './variables.ts'

const READ_INTERVAL_MS = 1000

/**
 * Follows the files of mounted Secrets. Kubernetes replaces a symbolic link in their path, which a watch of the file
 * does not report, so the files are read again every second. If a file is missing or empty, its last value is kept.
 */
export class CredentialFiles {
  readonly #files: ReadonlyMap<Credential, string>
  readonly #values: Map<string, string>
  readonly #listeners = new Set<(changed: ReadonlySet<Credential>) => void>()
  readonly #timer: NodeJS.Timeout

  /** @param intervalMs @default 1000 */
  constructor(
    files: ReadonlyMap<Credential, string>,
    values: ReadonlyMap<string, string>,
    intervalMs: number = READ_INTERVAL_MS,
  ) {
    this.#files = files
    this.#values = new Map(values)
    this.#timer = setInterval(() => this.check(), intervalMs)
    this.#timer.unref()
  }

  /** The newest value of a variable, which need not come from a file. */
  get(name: string): string | undefined {
    return this.#values.get(name)
  }

  /** The listener receives the names of all variables that changed at the same time. */
  onChange(listener: (changed: ReadonlySet<Credential>) => void): void {
    this.#listeners.add(listener)
  }

  /** Reads all files now. If any changed, each listener is called once. */
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
