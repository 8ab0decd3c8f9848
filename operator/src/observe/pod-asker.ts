import { canonical } from '@chat-app/chat'
import { HEALTH_INTERVAL_MS, MAX_ASKED_AT_ONCE, SILENT_POD_FACTOR } from '../limits.ts'
import { Queue } from '../runtime/queue.ts'
import { keyOf, type KubeObject } from '../runtime/types.ts'
import { downOf, type Health } from './health.ts'
import type { AskPod } from './pod-access.ts'

interface Asked {
  readonly chatApp: string
  pod: KubeObject
  /** Empty until the pod has answered, and while it does not. */
  down: Health['down']
}

/**
 * Asks pods for their health beside the reconciliations, a bounded number at the same time over all ChatApps, each of them
 * again every 3 s, or later where it does not answer.
 */
export class PodAsker {
  readonly #ask: AskPod
  readonly #onChange: (chatApp: string) => void
  readonly #queue: Queue
  readonly #asked = new Map<string, Asked>()
  readonly #podsOf = new Map<string, ReadonlySet<string>>()

  /** @param onChange called with the key of a ChatApp when the answer of one of its pods differs from the last one */
  constructor(ask: AskPod, onChange: (chatApp: string) => void) {
    this.#ask = ask
    this.#onChange = onChange
    this.#queue = new Queue({ workers: MAX_ASKED_AT_ONCE, handle: (key) => this.#handle(key), onError: () => {} })
    this.#queue.start()
  }

  /** Pods that are being asked now. */
  get active(): number {
    return this.#queue.active
  }

  /**
   * The last answers of the pods of a ChatApp, without waiting for any. The pods are asked until a later call leaves them out.
   *
   * @param chatApp its key, `namespace/name`
   */
  answers(chatApp: string, pods: readonly KubeObject[]): Health[] {
    const keys = new Set(pods.map(keyOf))
    for (const key of this.#podsOf.get(chatApp) ?? []) if (!keys.has(key)) this.#asked.delete(key)
    if (keys.size === 0) this.#podsOf.delete(chatApp)
    else this.#podsOf.set(chatApp, keys)
    return pods.map((pod) => ({ pod: pod.metadata.name, down: this.#follow(chatApp, pod).down }))
  }

  /** Asks no pod any more. */
  async stop(): Promise<void> {
    await this.#queue.stop(0)
  }

  #follow(chatApp: string, pod: KubeObject): Asked {
    const known = this.#asked.get(keyOf(pod))
    if (known?.pod.metadata.uid === pod.metadata.uid && known !== undefined) {
      known.pod = pod
      return known
    }
    const added: Asked = { chatApp, pod, down: {} }
    this.#asked.set(keyOf(pod), added)
    this.#queue.add(keyOf(pod))
    return added
  }

  async #handle(key: string): Promise<void> {
    const asked = this.#asked.get(key)
    if (asked === undefined) return
    const startMs = performance.now()
    const down = await downOf(asked.pod, this.#ask).catch(() => ({}))
    if (this.#asked.get(key) !== asked) return
    this.#queue.addAfter(key, Math.max(HEALTH_INTERVAL_MS, SILENT_POD_FACTOR * (performance.now() - startMs)))
    if (canonical(down) === canonical(asked.down)) return
    asked.down = down
    this.#onChange(asked.chatApp)
  }
}
