import { clusterKinds } from '@chat-app/chat'
import { kindOf, OPTIONAL_CHILDREN, pathOf, type Resource } from '@chat-app/chat/resources'
import { DISCOVERY_INTERVAL_MS, DISCOVERY_RETRY } from '../limits.ts'
import { sleep } from './backoff.ts'
import type { Client } from './client.ts'
import { at } from './json.ts'

/** Aggregated discovery (KEP-3352). */
const AGGREGATED_DISCOVERY =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList'

interface GroupDiscovery {
  metadata: { name: string }
  versions?: {
    version: string
    resources?: { resource: string; responseKind?: { kind?: string }; verbs?: string[] }[]
  }[]
}

/**
 * Those kinds that a ChatApp may need and that not every cluster serves, by `group/Kind`: children in the version in
 * which they are rendered, clusters of other operators in the version that the API server prefers.
 */
export type Kinds = ReadonlyMap<string, Resource>

export interface DiscoveryOptions {
  readonly client: Client
  /** Age after which the kinds are read again. @default 60,000 */
  readonly intervalMs?: number | undefined
  /** Called with new kinds before anybody gets them. */
  readonly prepare?: (kinds: Kinds) => Promise<void>
  /** Called when the kinds are no longer the former ones. */
  readonly onChange?: () => void
}

/** Reads which kinds the cluster serves, and keeps the answer. */
export class Discovery {
  readonly #options: DiscoveryOptions
  readonly #intervalMs: number
  #kinds: Kinds | undefined
  #etag: string | undefined
  #reading: Promise<Kinds> | undefined
  #readAtMs = Number.NEGATIVE_INFINITY

  constructor(options: DiscoveryOptions) {
    this.#options = options
    this.#intervalMs = options.intervalMs ?? DISCOVERY_INTERVAL_MS
  }

  /**
   * The kinds; they are read when they are older than the interval. After a failure the former ones are returned.
   *
   * @throws ApiError, ConnectionError when there are no former ones
   */
  async kinds(): Promise<Kinds> {
    if (this.#kinds !== undefined && performance.now() - this.#readAtMs <= this.#intervalMs) return this.#kinds
    return this.refresh().catch((error: unknown) => {
      if (this.#kinds === undefined) throw error
      return this.#kinds
    })
  }

  /** Reads the kinds now. Callers at the same time share one request. @throws ApiError, ConnectionError */
  async refresh(): Promise<Kinds> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined))
    return this.#reading
  }

  /**
   * Reads the kinds until they are other than `former`, a few times, since several API servers do not learn of a change at
   * the same moment. Returns whether they are.
   *
   * @throws ApiError, ConnectionError
   */
  async isNewerThan(former: Kinds): Promise<boolean> {
    for (let attempt = 0; attempt < DISCOVERY_RETRY.attempts; attempt += 1) {
      if (attempt > 0) await sleep(DISCOVERY_RETRY.delayMs)
      if (this.#kinds !== former || (await this.refresh()) !== former) return true
    }
    return false
  }

  /** All groups in one request, which has no body where nothing has changed. */
  async #read(): Promise<Kinds> {
    this.#readAtMs = performance.now()
    const changed = await this.#options.client.requestIfChanged({
      method: 'GET',
      verb: 'discover',
      path: '/apis',
      accept: AGGREGATED_DISCOVERY,
      ifNoneMatch: this.#etag,
    })
    if (changed === undefined && this.#kinds !== undefined) return this.#kinds
    const kinds = kindsIn(at<GroupDiscovery[]>(changed?.answer, 'items') ?? [])
    this.#etag = changed?.etag
    const former = this.#kinds
    if (former !== undefined && isSame(former, kinds)) return former
    await this.#options.prepare?.(kinds)
    this.#kinds = kinds
    if (former !== undefined) this.#options.onChange?.()
    return kinds
  }
}

function kindsIn(groups: readonly GroupDiscovery[]): Kinds {
  const kinds = new Map<string, Resource>()
  for (const found of groups.flatMap((group) => resourcesOf(group))) {
    const kind = kindOf(found)
    // The first of several versions is the preferred one.
    if (clusterKinds.includes(kind) && !kinds.has(kind)) kinds.set(kind, found)
  }
  const served = new Set(groups.flatMap((group) => resourcesOf(group, 'create')).map((found) => pathOf(found)))
  for (const child of OPTIONAL_CHILDREN) if (served.has(pathOf(child))) kinds.set(kindOf(child), child)
  return kinds
}

/** The resources of a group on which the verb works: none can be created of a kind that is being removed. */
function resourcesOf(group: GroupDiscovery, needed = 'get'): Resource[] {
  return (group.versions ?? []).flatMap(({ version, resources = [] }) =>
    resources.flatMap(({ resource, responseKind, verbs = [needed] }) => {
      const kind = responseKind?.kind
      if (kind === undefined || !verbs.includes(needed)) return []
      return [{ group: group.metadata.name, version, kind, plural: resource }]
    }),
  )
}

function isSame(a: Kinds, b: Kinds): boolean {
  const pathsOf = (kinds: Kinds) => [...kinds.values()].map((kind) => pathOf(kind)).sort()
  return pathsOf(a).join() === pathsOf(b).join()
}
