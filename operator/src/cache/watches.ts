import { kindOf, OPTIONAL_CHILDREN } from '@chat-app/chat/resources'
import { OPTIONAL_KIND_SYNC_MS } from '../limits.ts'
import { sleep } from '../runtime/backoff.ts'
import type { Change } from '../runtime/change.ts'
import type { Client } from '../runtime/client.ts'
import type { Kinds } from '../runtime/discovery.ts'
import { hasStatus, isUnservedKind } from '../runtime/errors.ts'
import { Reflector } from '../runtime/reflector.ts'
import { labelled, REFUSED_PODS, WATCHED_KINDS, type WatchedKind } from './watched-kinds.ts'
import type { World } from './world.ts'

export interface WatchesOptions {
  readonly client: Client
  readonly namespaces: readonly string[]
  readonly world: World
  readonly onChange: (change: Change) => void
  readonly onError: (kind: string, namespace: string, error: unknown, retryInMs: number) => void
  /** Called when the API server no longer serves an optional kind that it is watched for. */
  readonly onGone: (kind: string) => void
  /** Called for a namespace when `refusalOf` changes. */
  readonly onRefusal: (namespace: string) => void
  /** Called for a namespace once all its first lists are stored. */
  readonly onSynced: (namespace: string) => void
  readonly onWatch: (kind: string, event: string) => void
}

/** One list and watch for each kind in each watched namespace, of optional kinds while the cluster serves them. */
export class Watches {
  readonly #options: WatchesOptions
  readonly #reflectors = new Map<string, Reflector>()
  readonly #refused = new Map<string, PromiseWithResolvers<void>>()
  /** What may not be read at the moment: a sentence for each kind, by namespace. */
  readonly #refusals = new Map<string, Map<string, string>>()
  #isStopped = false

  constructor(options: WatchesOptions) {
    this.#options = options
    for (const namespace of options.namespaces) {
      this.#refused.set(namespace, Promise.withResolvers())
      this.#refusals.set(namespace, new Map())
    }
  }

  /** Whether every namespace is served, except those that the operator may not read. */
  get isSynced(): boolean {
    return this.#options.namespaces.every(
      (namespace) => this.serves(namespace) || this.refusalOf(namespace) !== undefined,
    )
  }

  /** Whether every required kind was listed in this namespace: nothing may be decided there before. */
  serves(namespace: string): boolean {
    return this.#required(namespace).every((reflector) => reflector.isSynced)
  }

  /** Why a required kind of this namespace cannot be read at the moment. */
  refusalOf(namespace: string): string | undefined {
    return this.#refusals.get(namespace)?.values().next().value
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
    if (isRequired && hasStatus(error, 403, 404)) {
      this.#refused.get(namespace)?.resolve()
      this.#setRefusal(kind, namespace, error.message)
    }
    if (!isRequired && isUnservedKind(error)) this.#options.onGone(kind)
    else this.#options.onError(kind, namespace, error, retryInMs)
  }

  #setRefusal(kind: string, namespace: string, refusal: string | undefined): void {
    const refusals = this.#refusals.get(namespace)
    const former = refusals?.get(kind)
    if (refusal === undefined) refusals?.delete(kind)
    else refusals?.set(kind, refusal)
    if (former !== refusal) this.#options.onRefusal(namespace)
  }

  /**
   * Watches the optional kinds that the cluster serves, and forgets the objects of those that it does not. Waits at most
   * 5 s for the first lists, since a kind that cannot be read must not stop everything else.
   */
  async follow(kinds: Kinds): Promise<void> {
    const gone = OPTIONAL_CHILDREN.filter((resource) => !kinds.has(kindOf(resource)))
    await Promise.all(gone.map(({ kind }) => this.#forget(kind)))
    const first = this.#options.namespaces[0]
    const added = OPTIONAL_CHILDREN.filter(
      (resource) => kinds.has(kindOf(resource)) && !this.#reflectors.has(`${resource.kind}/${first}`),
    ).flatMap((resource) => this.#watch(labelled(resource)))
    if (added.length > 0)
      await Promise.race([Promise.all(added.map((each) => each.attempted)), sleep(OPTIONAL_KIND_SYNC_MS)])
  }

  async #forget(kind: string): Promise<void> {
    const { namespaces, world } = this.#options
    const ended = namespaces.map(async (namespace) => {
      const reflector = this.#reflectors.get(`${kind}/${namespace}`)
      this.#reflectors.delete(`${kind}/${namespace}`)
      await reflector?.stop()
    })
    await Promise.all(ended)
    world.drop(kind)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all([...this.#reflectors.values()].map((reflector) => reflector.stop()))
  }

  #watch({ resource, keep, ...selectors }: WatchedKind): Reflector[] {
    const { client, namespaces, world, onChange, onWatch } = this.#options
    return (this.#isStopped ? [] : namespaces).map((namespace) => {
      const reflector = new Reflector({
        client,
        resource,
        namespace,
        store: resource === REFUSED_PODS.resource ? world.refusals : world.store(resource.kind),
        onChange,
        onError: (error, retryInMs) => this.#onError(resource.kind, namespace, error, retryInMs),
        onWatch: (event) => {
          if (event === 'opened') this.#setRefusal(resource.kind, namespace, undefined)
          onWatch(resource.kind, event)
        },
        ...selectors,
        ...(keep === undefined ? {} : { keep }),
      })
      this.#reflectors.set(`${resource.kind}/${namespace}`, reflector)
      reflector.start()
      return reflector
    })
  }
}
