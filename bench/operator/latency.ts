import { CHAT_APPS, DEPLOYMENTS, SERVICES } from '@chat-app/chat/resources'
import type { Chat } from '@chat-app/operator/testing/namespace'

/** A stored version of an object, as a watch tells it. */
interface Version {
  readonly metadata: {
    readonly name: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly spec?: { readonly replicas?: number }
}

const TIMEOUT_MS = 30_000
const ANNOTATION = 'example.com/bench'
/** A label of each child, and a value that none has. */
const [LABEL, OTHER] = ['app.kubernetes.io/component', 'other']

/** Measures how long it takes from a write of this process until a watch of this process tells of what follows from it. */
export class Latency {
  readonly #chat: Chat
  readonly #waiting = new Set<{ readonly holds: (version: Version) => boolean; readonly done: () => void }>()

  private constructor(chat: Chat) {
    this.#chat = chat
  }

  static async open(chat: Chat): Promise<Latency> {
    const latency = new Latency(chat)
    for (const resource of [DEPLOYMENTS, SERVICES]) await chat.follow(resource, (object) => latency.#told(object))
    return latency
  }

  /** One PATCH of a Deployment by this process alone: what the others are compared with. */
  patch(name: string, round: number): Promise<number> {
    const value = `round ${round}`
    return this.#time(
      'a PATCH',
      () => this.#chat.edit(DEPLOYMENTS, `${name}-api`, { metadata: { annotations: { [ANNOTATION]: value } } }),
      ({ metadata }) => metadata.name === `${name}-api` && metadata.annotations?.[ANNOTATION] === value,
    )
  }

  /** From a change of a ChatApp until the first write of a child. */
  change(name: string, round: number): Promise<number> {
    const replicas = 2 + (round % 2)
    return this.#time(
      'a change',
      () => this.#chat.edit(CHAT_APPS, name, { spec: { websocket: { replicas } } }),
      ({ metadata, spec }) => metadata.name === `${name}-websocket` && spec?.replicas === replicas,
    )
  }

  /** From a foreign change of a Service until it is as it was. */
  drift(name: string): Promise<number> {
    let isChanged = false
    return this.#time(
      'drift',
      () => this.#chat.edit(SERVICES, `${name}-api`, { metadata: { labels: { [LABEL]: OTHER } } }),
      ({ metadata: { name: changed, labels = {} } }) => {
        if (changed !== `${name}-api`) return false
        if (labels[LABEL] === OTHER) isChanged = true
        return isChanged && labels[LABEL] !== OTHER
      },
    )
  }

  async #time(what: string, write: () => Promise<unknown>, holds: (version: Version) => boolean): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting = { holds, done: resolve }
    this.#waiting.add(waiting)
    const timer = setTimeout(
      () => reject(new Error(`${what}: nothing follows within ${TIMEOUT_MS / 1000} s`)),
      TIMEOUT_MS,
    )
    try {
      const began = performance.now()
      await Promise.all([write(), promise])
      return performance.now() - began
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(waiting)
    }
  }

  #told(version: Version): void {
    for (const { holds, done } of this.#waiting) if (holds(version)) done()
  }
}
