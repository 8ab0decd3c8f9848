import type { ChatAppSpecDefaulted } from '@chat-app/crds'

/** A resource of another operator that has to be ready before a rollout. */
export interface ClusterUse {
  readonly purpose: 'database' | 'redis'
  /** The field of the ChatApp that names it. */
  readonly field: string
  readonly apiGroup: string
  readonly kind: string
  readonly name: string
  readonly namespace: string
}

/** Every kind that a `clusterRef` may name, as `group/Kind`. A test compares them with the schema. */
export const clusterKinds: readonly string[] = [
  'pxc.percona.com/PerconaXtraDBCluster',
  'redis.redis.opstreelabs.in/RedisCluster',
]

/** The resources of other operators that a ChatApp names. */
export function clusterUses({ database, redis }: ChatAppSpecDefaulted, namespace: string): ClusterUse[] {
  const uses = [
    database.clusterRef && { purpose: 'database' as const, ref: database.clusterRef },
    redis.clusterRef && { purpose: 'redis' as const, ref: redis.clusterRef },
  ]
  return uses
    .filter((use) => use !== undefined)
    .map(({ purpose, ref }) => ({
      purpose,
      field: `spec.${purpose}.clusterRef`,
      apiGroup: ref.apiGroup,
      kind: ref.kind,
      name: ref.name,
      namespace: ref.namespace ?? namespace,
    }))
}
