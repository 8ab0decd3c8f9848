import { signal } from '@preact/signals'

const SHOWN_MS = 5000
const SENT_MS = 2500

/** Who types in which room. */
export class Typing {
  /** By room and user, until when it is shown, by the monotonic clock. */
  readonly users = signal<ReadonlyMap<string, ReadonlyMap<string, number>>>(new Map())
  readonly #send: (room: string) => void
  #sentAtMs = Number.NEGATIVE_INFINITY

  /** @param send tells the others that the user types */
  constructor(send: (room: string) => void) {
    this.#send = send
  }

  /** The user types. */
  types(room: string): void {
    if (performance.now() - this.#sentAtMs < SENT_MS) return
    this.#sentAtMs = performance.now()
    this.#send(room)
  }

  /** The user has sent a message: the next one is typed anew. */
  sent(): void {
    this.#sentAtMs = Number.NEGATIVE_INFINITY
  }

  /** Another user types. */
  on(room: string, user: string): void {
    const until = performance.now() + SHOWN_MS
    const users = new Map(this.users.value.get(room) ?? []).set(user, until)
    this.users.value = new Map(this.users.value).set(room, users)
    setTimeout(() => {
      if ((this.users.value.get(room)?.get(user) ?? 0) <= performance.now()) this.off(room, user)
    }, SHOWN_MS + 50)
  }

  /** The other user has sent the message, or does not type any more. */
  off(room: string, user: string): void {
    const users = this.users.value.get(room)
    if (!users?.has(user)) return
    this.users.value = new Map(this.users.value).set(room, new Map([...users].filter(([name]) => name !== user)))
  }
}
