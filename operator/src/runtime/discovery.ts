import type { Client } from './client.ts'
import type { Resource } from './types.ts'

const AGGREGATED =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList'
const MIN_AGE_MS = 60_000

interface GroupDiscovery {
  metadata: { name: string }
  versions?: { version: string; resources?: { resource: string; responseKind?: { kind?: string } }[] }[]
}

/** The kinds a cluster serves, by `group/Kind`, each in its preferred version. */
export type Kinds = ReadonlyMap<string, Resource>

/** Which kinds the cluster serves. */
export class Discovery {
  readonly #client: Client
  #kinds: Promise<Kinds> | undefined
  #readAtMs = Number.NEGATIVE_INFINITY

  constructor(client: Client) {
    this.#client = client
  }

  /**
   * The installed kinds outside the core group. Asked at most once a minute and only when someone wants to know, so a
   * quiet operator does not ask at all. A failure keeps the former answer. @throws ApiError, ConnectionError
   */
  async kinds(): Promise<Kinds> {
    if (this.#kinds === undefined || performance.now() - this.#readAtMs > MIN_AGE_MS) {
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

  /** Aggregated discovery (KEP-3352): all groups in one request. */
  async #read(): Promise<Kinds> {
    const { items = [] } = await this.#client.request<{ items?: GroupDiscovery[] }>({
      method: 'GET',
      verb: 'discover',
      path: '/apis',
      accept: AGGREGATED,
    })
    return new Map(items.flatMap(resourcesOf).map((found) => [`${found.group}/${found.kind}`, found]))
  }
}

/** The resources of a group. Versions come in the order of preference, so the last to enter the map is the first. */
function resourcesOf(group: GroupDiscovery): Resource[] {
  return (group.versions ?? []).toReversed().flatMap(({ version, resources = [] }) =>
    resources.flatMap(({ resource, responseKind }) => {
      const kind = responseKind?.kind
      return kind === undefined ? [] : [{ group: group.metadata.name, version, kind, plural: resource }]
    }),
  )
}
