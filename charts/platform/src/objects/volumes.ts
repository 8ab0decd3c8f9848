/** What happens when somebody changes the size of a part's volumes. */
export type SizeEffect = 'grow' | 'keepSize' | 'recreate' | 'refused'

/** The volumes of one part, and what its operator does when their size changes. */
export interface Volumes {
  readonly part: string
  readonly kind: string
  /** The field with the size; `*` stands for one step. Everything below it is the size too. */
  readonly field: string
  readonly larger: SizeEffect
  readonly smaller: SizeEffect
  /** What the operator does, in a sentence. */
  readonly how: string
  /** Where its source, or its documentation, says so. */
  readonly source: string
}

const CLAIM = 'resources.requests.storage'
const REDIS_FIELD = `spec.storage.volumeClaimTemplate.spec.${CLAIM}`

const redis = {
  part: 'Redis',
  field: REDIS_FIELD,
  larger: 'grow',
  smaller: 'keepSize',
  how: 'The operator raises the claims, and skips a smaller size.',
  source: 'redis-operator v0.26.0, `HandlePVCResizing` in internal/k8sutils/statefulset.go',
} as const

const monitoring = {
  field: `spec.storage.volumeClaimTemplate.spec.${CLAIM}`,
  larger: 'recreate',
  smaller: 'recreate',
  how: 'The StatefulSet is made anew with its pods. Raise the claims by hand, as its page "Resizing volumes" says.',
  source: 'prometheus-operator v0.93.0, Documentation/platform/storage.md and pkg/k8s/statefulset.go',
} as const

const ownPods = {
  kind: 'StatefulSet',
  field: `spec.volumeClaimTemplates.*.spec.${CLAIM}`,
  larger: 'refused',
  smaller: 'refused',
  how: 'Claims of a StatefulSet are fixed. Raise the claims by hand, delete the StatefulSet with `--cascade=orphan`, deploy.',
  source: 'Kubernetes, StatefulSet `spec.volumeClaimTemplates`',
} as const

/**
 * The volumes of every part. The diff of `npm run synth` and docs/reference/volumes.md are made from this table: a field
 * that looks the same does something else in each operator.
 */
export const VOLUMES: readonly Volumes[] = [
  {
    part: 'database nodes (PXC)',
    kind: 'PerconaXtraDBCluster',
    field: `spec.pxc.volumeSpec.persistentVolumeClaim.${CLAIM}`,
    larger: 'grow',
    smaller: 'refused',
    how: 'With `enableVolumeExpansion` the claims grow, in whole Gi. For a smaller size, or a fixed class, it reports an error and puts the old size back.',
    source: 'percona-xtradb-cluster-operator v1.18.0 and v1.19.0, pkg/controller/pxc/volumes.go',
  },
  {
    part: 'ProxySQL',
    kind: 'PerconaXtraDBCluster',
    field: `spec.proxysql.volumeSpec.persistentVolumeClaim.${CLAIM}`,
    larger: 'refused',
    smaller: 'refused',
    how: 'Only the volumes of the nodes are resized. The update of the proxies fails until the old size is back.',
    source: 'percona-xtradb-cluster-operator v1.18.0, pkg/controller/pxc/upgrade.go and volumes.go',
  },
  { ...redis, kind: 'RedisCluster' },
  { ...redis, kind: 'RedisReplication' },
  { ...redis, kind: 'Redis' },
  {
    ...redis,
    part: 'Redis, the identity of its nodes',
    kind: 'RedisCluster',
    field: `spec.storage.nodeConfVolumeClaimTemplate.spec.${CLAIM}`,
    larger: 'keepSize',
    how: 'The operator skips this claim.',
  },
  {
    part: 'MinIO',
    kind: 'Tenant',
    field: `spec.pools.*.volumeClaimTemplate.spec.${CLAIM}`,
    larger: 'grow',
    smaller: 'keepSize',
    how: 'The operator raises the claims, and skips a smaller size.',
    source: 'minio/operator v7.1.1, `ExpandPVCs` in pkg/controller/pvc.go',
  },
  {
    part: 'RabbitMQ',
    kind: 'RabbitmqCluster',
    field: 'spec.persistence.storage',
    larger: 'grow',
    smaller: 'refused',
    how: 'The claims are raised without a restart. A smaller size has the event FailedReconcilePersistence.',
    source: 'rabbitmq/cluster-operator v2.22.3, internal/scaling/scaling.go',
  },
  { ...monitoring, part: 'Prometheus', kind: 'Prometheus' },
  { ...monitoring, part: 'Alertmanager', kind: 'Alertmanager' },
  {
    part: 'Elasticsearch',
    kind: 'Elasticsearch',
    field: `spec.nodeSets.*.volumeClaimTemplates.*.spec.${CLAIM}`,
    larger: 'grow',
    smaller: 'refused',
    how: 'ECK raises the claims without a restart. It refuses a smaller size, and a class that cannot grow.',
    source: 'cloud-on-k8s v3.5.0, pkg/controller/common/volume/pvc_expansion.go',
  },
  { ...ownPods, part: 'MariaDB and Redis as plain pods' },
]
