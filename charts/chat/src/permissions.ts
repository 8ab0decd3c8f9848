import { CHILDREN, OPTIONAL_CHILDREN, type Resource } from './resources.ts'
import { GROUP, PLURAL } from '@chat-app/crds'

/** One rule of a Role, without wildcards. */
export interface Permission {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

/** The kinds that `desired` can emit: those of every cluster, and the optional ones. A test compares them with what it emits. */
export const EMITTED_KINDS: readonly Resource[] = [...CHILDREN, ...OPTIONAL_CHILDREN]
const emittedGroups = [...new Set(EMITTED_KINDS.map(({ group }) => group))].sort()

const READ = ['get', 'list', 'watch']
const READ_AND_WRITE = [...READ, 'create', 'patch', 'delete']

/** The resources of other operators that a ChatApp may wait for. With `get` alone they are asked every 30 s. */
export const CLUSTER_PERMISSIONS: readonly Permission[] = [
  { apiGroups: ['pxc.percona.com'], resources: ['perconaxtradbclusters'], verbs: READ },
  { apiGroups: ['redis.redis.opstreelabs.in'], resources: ['redisclusters'], verbs: READ },
]

/** What the operator may do in each namespace that it watches. */
export const WATCH_PERMISSIONS: readonly Permission[] = [
  { apiGroups: [GROUP], resources: [PLURAL], verbs: READ },
  { apiGroups: [GROUP], resources: [`${PLURAL}/status`], verbs: ['get', 'patch'] },
  // Owner references with blockOwnerDeletion need this where the API server enforces
  // OwnerReferencesPermissionEnforcement.
  { apiGroups: [GROUP], resources: [`${PLURAL}/finalizers`], verbs: ['update'] },
  ...emittedGroups.map((group) => ({
    apiGroups: [group],
    resources: EMITTED_KINDS.filter((emitted) => emitted.group === group).map(({ plural }) => plural),
    verbs: READ_AND_WRITE,
  })),
  { apiGroups: ['apps'], resources: ['controllerrevisions'], verbs: READ_AND_WRITE },
  // To report why a pod does not start, such as an image that cannot be pulled or a missing Secret.
  { apiGroups: [''], resources: ['pods', 'secrets'], verbs: READ },
  // To report what it does, and to read why pods are refused.
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['list', 'watch', 'create', 'patch'] },
  ...CLUSTER_PERMISSIONS,
]

/** What the operator may do in its own namespace: hold the Lease of the leader. */
export const LEASE_PERMISSIONS: readonly Permission[] = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
]
