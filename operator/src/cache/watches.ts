import { optionalKinds } from '@chat-app/chat'
import { OPTIONAL_KIND_SYNC_MS } from '../limits.ts'
import { sleep } from '../runtime/backoff.ts'
import type { Change } from '../runtime/change.ts'
import type { Client } from '../runtime/client.ts'
import type { Kinds } from '../runtime/discovery.ts'
import { ApiError } from '../runtime/errors.ts'
import { Reflector } from '../runtime/reflector.ts'
import { registerResource } from '../runtime/resources.ts'
import { labelled, REFUSED_PODS, WATCHED_KINDS, type WatchedKind } from './watched-kinds.ts'
import type { World } from './world.ts'

export interface WatchesOptions {
  readonly client: Client
  readonly namespaces: readonly string[]
  readonly world: World
  readonly onChange: (change: Change) => void
  readonly onError: (kind: string, namespace: string, error: unknown, retryInMs: number) => void
  /** Called for a namespace once all its first lists are stored. */
  readonly onSynced: (namespace: string) => void
  readonly onWatch: (kind: string, event: string) => void
}

/** One list and watch for each kind in each watched namespace. Optional kinds are added when the cluster serves them. */
export class Watches {
  readonly #options: WatchesOptions
  readonly #reflectors = new Map<string, Reflector>()
  readonly #refused = new Map<string, PromiseWithResolvers<void>>()
  readonly #refusedNow = new Set<string>()
  #isStopped = false

  constructor(options: WatchesOptions) {
    this.#options = options
    for (const namespace of options.namespaces) this.#refused.set(namespace, Promise.withResolvers())
  }

  /** Whether every namespace is served, except those that the operator may not read. */
  get isSynced(): boolean {
    return this.#options.namespaces.every((namespace) => this.serves(namespace) || this.#refusedNow.has(namespace))
  }

  /** Whether every required kind was listed in this namespace: nothing may be decided there before. */
  serves(namespace: string): boolean {
    return this.#required(namespace).every((reflector) => reflector.isSynced)
  }

  /**
   * Starts to watch; resolves when all first lists are stored. A namespace that may not be read (403, 404) does not delay
   * the others: it is served as soon as it can be read.
   */
  async start(): Promise<void> {
    for (const kind of [...WATCHED_KINDS, REFUSED_PODS]) this.#watch(kind)
    await Promise.all(
      this.#options.namespaces.map(async (namespace) => {
        const synced = this.#syncedIn(namespace)
        synced.catch(() => {})
        await Promise.race([synced, this.#refused.get(namespace)?.promise])
      }),
    )
  }

  async #syncedIn(namespace: string): Promise<void> {
    await Promise.all(this.#required(namespace).map((reflector) => reflector.synced))
    this.#options.onSynced(namespace)
  }

  #required(namespace: string): Reflector[] {
    return WATCHED_KINDS.flatMap(({ resource }) => this.#reflectors.get(`${resource.kind}/${namespace}`) ?? [])
  }

  #onError(kind: string, namespace: string, error: unknown, retryInMs: number): void {
    const isRequired = WATCHED_KINDS.some(({ resource }) => resource.kind === kind)
    if (isRequired && error instanceof ApiError && (error.status === 403 || error.status === 404)) {
      this.#refusedNow.add(namespace)
      this.#refused.get(namespace)?.resolve()
    }
    this.#options.onError(kind, namespace, error, retryInMs)
  }

  /**
   * Watches the optional kinds that the cluster serves, and waits at most 5 s for their first lists, since a kind that
   * may not be read must not stop everything else.
   */
  async follow(kinds: Kinds): Promise<void> {
    const added = optionalKinds
      .flatMap((kind) => kinds.get(kind) ?? [])
      .map((resource) => this.#watchOptional(resource))
    if (added.some((isNew) => isNew)) await Promise.race([this.#synced(), sleep(OPTIONAL_KIND_SYNC_MS)])
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all([...this.#reflectors.values()].map((reflector) => reflector.stop()))
  }

  #watchOptional(resource: WatchedKind['resource']): boolean {
    if (this.#reflectors.has(`${resource.kind}/${this.#options.namespaces[0]}`)) return false
    registerResource(resource)
    this.#watch(labelled(resource))
    return true
  }

  #watch({ resource, keep, ...selectors }: WatchedKind): void {
    const { client, namespaces, world, onChange, onWatch } = this.#options
    for (const namespace of this.#isStopped ? [] : namespaces) {
      const reflector = new Reflector({
        client,
        resource,
        namespace,
        store: resource === REFUSED_PODS.resource ? world.refusals : world.store(resource.kind),
        onChange,
        onError: (error, retryInMs) => this.#onError(resource.kind, namespace, error, retryInMs),
        onWatch: (event) => onWatch(resource.kind, event),
        ...selectors,
        ...(keep === undefined ? {} : { keep }),
      })
      this.#reflectors.set(`${resource.kind}/${namespace}`, reflector)
      reflector.start()
    }
  }

  async #synced(): Promise<void> {
    await Promise.all([...this.#reflectors.values()].map((reflector) => reflector.synced))
  }
}
