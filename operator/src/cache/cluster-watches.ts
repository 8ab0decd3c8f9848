import type { ClusterUse } from '@chat-app/chat'
import { kindOf, pathOf, type Resource } from '@chat-app/chat/resources'
import { CLUSTER_ASK_MS, MAX_CLUSTER_WATCHES } from '../limits.ts'
import type { Change } from '../runtime/change.ts'
import type { Kinds } from '../runtime/discovery.ts'
import { hasStatus, isUnservedKind } from '../runtime/errors.ts'
import { Reflector } from '../runtime/reflector.ts'
import type { KubeObject } from '../runtime/types.ts'
import { saysTheSame, slimCluster } from './slim-cluster.ts'
import { Store } from './store.ts'
import type { WatchesOptions } from './watches.ts'

export interface ClusterWatchesOptions extends Pick<WatchesOptions, 'client' | 'onError' | 'onGone' | 'onWatch'> {
  /** Called for a ChatApp, as `namespace/name`, when one of its clusters says something new or cannot be watched. */
  readonly onChange: (chatApp: string) => void
  /** @default 30,000 */
  readonly askMs?: number | undefined
}

interface Source {
  readonly reflector: Reflector
  readonly store: Store
  isRefused: boolean
}

/** The clusters of other operators that ChatApps name: one watch for each kind and namespace that one of them names. */
export class ClusterWatches {
  /** A cluster that is not watched is asked this often, and whether it can be watched by now. */
  readonly askMs: number
  readonly #options: ClusterWatchesOptions
  /** By the path of the collection, so that another version of a kind is another source. */
  readonly #sources = new Map<string, Source>()
  readonly #usesOf = new Map<string, readonly ClusterUse[]>()
  #kinds: Kinds = new Map()
  #isStopped = false

  constructor(options: ClusterWatchesOptions) {
    this.#options = options
    this.askMs = options.askMs ?? CLUSTER_ASK_MS
  }

  /** The resource of a cluster, where the API server serves its kind. */
  resourceOf({ apiGroup, kind }: ClusterUse): Resource | undefined {
    return this.#kinds.get(kindOf({ group: apiGroup, kind }))
  }

  /**
   * The cluster as it was watched, undefined if it does not exist, and `unknown` while it is not watched: before the first
   * list, without the permission, or beyond the limit of watches.
   */
  get(use: ClusterUse): KubeObject | undefined | 'unknown' {
    const source = this.#sources.get(this.#pathOf(use) ?? '')
    if (source === undefined || !source.reflector.isSynced || source.isRefused) return 'unknown'
    return source.store.get(use.namespace, use.name)
  }

  /** Sets which clusters a ChatApp names; none once it is deleted. @param chatApp `namespace/name` */
  use(chatApp: string, uses: readonly ClusterUse[]): void {
    if (JSON.stringify(uses) === JSON.stringify(this.#usesOf.get(chatApp) ?? [])) return
    if (uses.length === 0) this.#usesOf.delete(chatApp)
    else this.#usesOf.set(chatApp, uses)
    this.#update()
  }

  /** Takes the kinds that the cluster serves. */
  follow(kinds: Kinds): void {
    this.#kinds = kinds
    this.#update()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all([...this.#sources.values()].map(({ reflector }) => reflector.stop()))
  }

  #pathOf(use: ClusterUse): string | undefined {
    const resource = this.resourceOf(use)
    return resource && pathOf(resource, use.namespace)
  }

  #update(): void {
    const wanted = new Map<string, ClusterUse>()
    for (const use of this.#isStopped ? [] : [...this.#usesOf.values()].flat()) {
      const path = this.#pathOf(use)
      if (path !== undefined && wanted.size < MAX_CLUSTER_WATCHES) wanted.set(path, use)
    }
    for (const [path, { reflector }] of this.#sources) {
      if (wanted.has(path)) continue
      this.#sources.delete(path)
      void reflector.stop()
    }
    for (const [path, use] of wanted) if (!this.#sources.has(path)) this.#watch(path, use)
  }

  #watch(path: string, use: ClusterUse): void {
    const { client, onWatch } = this.#options
    const { kind, namespace } = use
    const store = new Store()
    const reflector = new Reflector({
      client,
      resource: this.resourceOf(use)!,
      namespace,
      store,
      keep: slimCluster,
      forbiddenRetryMs: this.askMs,
      onChange: (change) => this.#onChange(change, use),
      onError: (error, retryInMs) => this.#onError(source, use, { error, retryInMs }),
      onWatch: (event) => {
        if (event === 'opened') source.isRefused = false
        onWatch(kind, event)
      },
    })
    const source: Source = { reflector, store, isRefused: false }
    this.#sources.set(path, source)
    reflector.start()
  }

  #onChange(change: Change, { apiGroup }: ClusterUse): void {
    if (change.type === 'modified' && change.previous && saysTheSame(change.previous, change.object)) return
    const { kind, metadata } = change.object
    this.#report((use) => use.name === metadata.name && isIn(use, { apiGroup, kind, namespace: metadata.namespace }))
  }

  #onError(source: Source, use: ClusterUse, { error, retryInMs }: { error: unknown; retryInMs: number }): void {
    const { kind, namespace } = use
    // The store may be old for long: no permission, no such kind, a conversion webhook that fails.
    const isRefusal = hasStatus(error, 403, 404, 405, 500)
    // A namespace that grants only `get` refuses for ever, which is no news.
    if (isRefusal && source.isRefused) return
    if (isUnservedKind(error)) this.#options.onGone(kind)
    else this.#options.onError(kind, namespace, error, retryInMs)
    if (!isRefusal) return
    source.isRefused = true
    this.#report((each) => isIn(each, use))
  }

  #report(isConcerned: (use: ClusterUse) => boolean): void {
    for (const [chatApp, uses] of this.#usesOf) if (uses.some(isConcerned)) this.#options.onChange(chatApp)
  }
}

function isIn(
  use: ClusterUse,
  { apiGroup, kind, namespace }: Pick<ClusterUse, 'apiGroup' | 'kind'> & { namespace?: string | undefined },
): boolean {
  return use.apiGroup === apiGroup && use.kind === kind && use.namespace === namespace
}
