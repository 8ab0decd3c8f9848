import type { Resource } from '@chat-app/chat/resources'
import { DISCOVERY_MIN_AGE_MS } from '../limits.ts'
import type { Client } from './client.ts'

/** Aggregated discovery (KEP-3352). */
const AGGREGATED_DISCOVERY =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList'

interface GroupDiscovery {
  metadata: { name: string }
  versions?: { version: string; resources?: { resource: string; responseKind?: { kind?: string } }[] }[]
}

/** The kinds that a cluster serves, by `group/Kind`, each in its preferred version. */
export type Kinds = ReadonlyMap<string, Resource>

/** Reads which kinds the cluster serves, and caches the answer. */
export class Discovery {
  readonly #client: Client
  #kinds: Promise<Kinds> | undefined
  #readAtMs = Number.NEGATIVE_INFINITY

  constructor(client: Client) {
    this.#client = client
  }

  /**
   * The installed kinds outside the core group. Requested at most once a minute, and only by a caller, so that an idle
   * operator sends nothing. After a failure the former answer is returned.
   *
   * @throws ApiError, ConnectionError when there is no former answer
   */
  async kinds(): Promise<Kinds> {
    if (this.#kinds === undefined || performance.now() - this.#readAtMs > DISCOVERY_MIN_AGE_MS) {
      this.#readAtMs = performance.now()
      const former = this.#kinds
      this.#kinds = this.#read().catch((error: unknown) => {
        this.#kinds = former
        if (former === undefined) throw error
        return former
      })
    }
    return this.#kinds
  }

  /** All groups in one request. */
  async #read(): Promise<Kinds> {
    const { items = [] } = await this.#client.request<{ items?: GroupDiscovery[] }>({
      method: 'GET',
      verb: 'discover',
      path: '/apis',
      accept: AGGREGATED_DISCOVERY,
    })
    return new Map(items.flatMap(resourcesOf).map((found) => [`${found.group}/${found.kind}`, found]))
  }
}

/** The resources of a group. Versions are listed in the order of preference, and the last entry of a map wins. */
function resourcesOf(group: GroupDiscovery): Resource[] {
  return (group.versions ?? []).toReversed().flatMap(({ version, resources = [] }) =>
    resources.flatMap(({ resource, responseKind }) => {
      const kind = responseKind?.kind
      return kind === undefined ? [] : [{ group: group.metadata.name, version, kind, plural: resource }]
    }),
  )
}
