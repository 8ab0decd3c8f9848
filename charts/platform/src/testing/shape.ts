import type { Loose } from '@chat-app/chat/testing'

/** Who makes the disruption budget of a part: its own operator, from these fields, or the platform. */
const BUDGETS: Readonly<Record<string, (spec: Loose) => readonly Loose[]>> = {
  PerconaXtraDBCluster: ({ pxc, haproxy, proxysql }) =>
    [pxc, haproxy, proxysql].filter(Boolean).map(({ podDisruptionBudget }) => podDisruptionBudget),
  RedisCluster: ({ redisLeader, redisFollower }) => [redisLeader.pdb, redisFollower.pdb],
  RedisReplication: ({ pdb }) => [pdb],
  RedisSentinel: ({ pdb }) => [pdb],
}

/** ECK makes one that lets a pod go while the cluster is green. */
const BY_DEFAULT = new Set(['Elasticsearch'])

/** The labels of the pods of a part whose operator makes no budget. */
const PODS: Readonly<Record<string, (object: Loose) => Loose>> = {
  Tenant: ({ metadata, spec }) => ({ 'v1.min.io/tenant': metadata.name, 'v1.min.io/pool': spec.pools[0].name }),
  RabbitmqCluster: ({ metadata }) => ({ 'app.kubernetes.io/name': metadata.name }),
  Prometheus: ({ metadata }) => ({
    'app.kubernetes.io/name': 'prometheus',
    'app.kubernetes.io/instance': metadata.name,
  }),
  Alertmanager: ({ metadata }) => ({
    'app.kubernetes.io/name': 'alertmanager',
    'app.kubernetes.io/instance': metadata.name,
  }),
  Kibana: ({ metadata }) => ({ 'kibana.k8s.elastic.co/name': metadata.name }),
}

/** Parts with several pods of which not exactly one may be evicted at a time. */
export function partsWithoutBudget(objects: readonly Loose[]): string[] {
  const own = objects.filter(({ kind, spec }) => kind === 'PodDisruptionBudget' && spec.maxUnavailable === 1)
  return objects
    .filter((object) => replicasOf(object) > 1 && !BY_DEFAULT.has(object.kind))
    .filter((object) => {
      const made = BUDGETS[object.kind]?.(object.spec)
      if (made !== undefined) return made.some((budget) => budget?.maxUnavailable !== 1)
      const labels = PODS[object.kind]?.(object)
      return !own.some(
        ({ metadata, spec }) => metadata.namespace === object.metadata.namespace && selects(spec.selector, labels),
      )
    })
    .map(nameOf)
}

function selects({ matchLabels }: Loose, labels: Loose): boolean {
  return labels !== undefined && Object.entries(matchLabels).every(([name, value]) => labels[name] === value)
}

/** Parts with several pods that do not name the zones in which they want to be. */
export function partsWithoutZones(objects: readonly Loose[]): string[] {
  const inZones = ({ spec }: Loose) => JSON.stringify(spec).includes('"topology.kubernetes.io/zone"')
  const alone = new Set(['Prometheus', 'Alertmanager', 'Elasticsearch', 'Kibana'])
  return objects.filter((object) => replicasOf(object) > 1 && !alone.has(object.kind) && !inZones(object)).map(nameOf)
}

/**
 * The pods of a part; of one with several kinds of pods, the most. Redis as plain pods is for one machine. Users do not
 * notice when the operator is away for a moment.
 */
function replicasOf({ kind, spec }: Loose): number {
  switch (kind) {
    case 'PerconaXtraDBCluster':
      return Math.max(spec.pxc.size, spec.haproxy?.size ?? 0, spec.proxysql?.size ?? 0)
    case 'RedisCluster':
    case 'RedisReplication':
    case 'RedisSentinel':
      return spec.clusterSize
    case 'Tenant':
      return spec.pools[0].servers
    case 'Elasticsearch':
      return spec.nodeSets[0].count
    case 'Kibana':
      return spec.count
    case 'RabbitmqCluster':
    case 'Prometheus':
    case 'Alertmanager':
      return spec.replicas
    default:
      return 1
  }
}

/** Every image that the objects name. */
export function imagesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(imagesOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'image' && typeof inner === 'string' ? [inner] : imagesOf(inner),
  )
}

/** Fields in which an empty map says something. */
const MEANT = new Set(['podSelector', 'namespaceSelector', 'emptyDir'])

/** The kinds that Kubernetes itself reads. It stores those of others as they are. */
const BUILT_IN = /^(v1|apps\/.*|batch\/.*|policy\/.*|[a-z]+(\.[a-z]+)*\.k8s\.io\/.*)$/

/** Paths of the maps without a key that the API server would drop. */
export function emptyMapsOf(object: Loose): string[] {
  const isOwn = BUILT_IN.test(object.apiVersion) && object.kind !== 'CustomResourceDefinition'
  return isOwn ? emptyMaps(object) : []
}

function emptyMaps(value: unknown, path: readonly string[] = []): string[] {
  if (typeof value !== 'object' || value === null) return []
  const entries = Object.entries(value)
  if (entries.length === 0) return Array.isArray(value) || MEANT.has(path.at(-1) ?? '') ? [] : [path.join('.')]
  return entries.flatMap(([key, inner]) => emptyMaps(inner, [...path, key]))
}

function nameOf({ kind, metadata: { namespace, name } }: Loose): string {
  return `${kind} ${namespace}/${name}`
}
