import type { Finding } from './finding.ts'

/** Accepted findings, with the reason. */
export interface Exception {
  readonly tool: Finding['tool']
  readonly check: string
  /** Objects as `Kind namespace/name`; `*` matches any text. */
  readonly objects: readonly string[]
  readonly reason: string
}

const RELEASES =
  'Every image has a digest or the tag of a release, which is never overwritten. Pulling it at each start would make the start depend on the registry.'

const SPREAD =
  'The scheduler spreads pods over nodes and zones by default. With few nodes, a strict rule would leave pods pending; `podTemplate` can add one.'
const OPERATOR_PODS = 'The operator of that part creates the pods, so they are not in the manifests.'
const LOCAL = 'Only in local, which has one node: a pod cannot move to another.'

/** All exceptions. `npm run generate` lists them in docs/reference/manifest-checks.md. */
export const exceptions: readonly Exception[] = [
  {
    tool: 'kube-score',
    check: 'container-ephemeral-storage-request-and-limit',
    objects: ['*'],
    reason:
      'The root file system is read-only and every emptyDir has its own limit. Only logs remain, which the kubelet rotates.',
  },
  { tool: 'kube-score', check: 'container-image-pull-policy', objects: ['*'], reason: RELEASES },
  { tool: 'checkov', check: 'CKV_K8S_15', objects: ['*'], reason: RELEASES },
  {
    tool: 'checkov',
    check: 'CKV_K8S_43',
    objects: ['*'],
    reason: 'Tags name the releases. A ChatApp can also use digests: `spec.images.digests`.',
  },
  {
    tool: 'kube-score',
    check: 'networkpolicy-targets-pod',
    objects: [
      'NetworkPolicy chat-app-db/*',
      'NetworkPolicy chat-app-storage/*',
      'NetworkPolicy monitoring/*',
      'NetworkPolicy logging/*',
      'NetworkPolicy logging-collector/*',
      'NetworkPolicy chat-app/platform-acme-solver',
    ],
    reason: OPERATOR_PODS,
  },
  {
    tool: 'kube-score',
    check: 'networkpolicy-targets-pod',
    objects: ['NetworkPolicy chat-app/chat-app-prove', 'NetworkPolicy chat-app/platform-proof'],
    reason: 'The operator creates the pods of a proof with each rollout.',
  },
  {
    tool: 'kube-score',
    check: 'ingress-targets-service',
    objects: ['Ingress logging/kibana', 'Ingress chat-app-storage/storage-replication'],
    reason: 'The operator of that part creates the Service.',
  },
  {
    tool: 'kube-score',
    check: 'deployment-replicas',
    objects: [
      'Deployment chat-app/chat-app-api',
      'Deployment chat-app/chat-app-websocket',
      'Deployment chat-app/chat-app-worker',
    ],
    reason: 'local and dev have one pod; a region that does not take the writes has none.',
  },
  {
    tool: 'kube-score',
    check: 'deployment-targeted-by-hpa-does-not-have-replicas-configured',
    objects: ['Deployment chat-app/chat-app-api', 'Deployment chat-app/chat-app-websocket'],
    reason:
      'The operator writes the number that the autoscaler chose: a new Deployment without replicas starts with 1.',
  },
  {
    tool: 'kube-score',
    check: 'deployment-has-host-podantiaffinity',
    objects: [
      'Deployment chat-app/chat-app-api',
      'Deployment chat-app/chat-app-websocket',
      'Deployment chat-app/chat-app-worker',
      'Deployment chat-app-system/chat-app-operator',
    ],
    reason: SPREAD,
  },
  {
    tool: 'kube-score',
    check: 'deployment-has-poddisruptionbudget',
    objects: ['Deployment chat-app-system/chat-app-operator'],
    reason: 'One pod works and the other waits for its lease. ChatApps keep serving when either is evicted.',
  },
  {
    tool: 'kube-score',
    check: 'statefulset-has-poddisruptionbudget',
    objects: ['StatefulSet chat-app-db/redis'],
    reason: LOCAL,
  },
  {
    tool: 'kube-score',
    check: 'statefulset-has-host-podantiaffinity',
    objects: ['StatefulSet chat-app-db/redis'],
    reason: LOCAL,
  },
  {
    tool: 'kube-score',
    check: 'statefulset-has-servicename',
    objects: ['StatefulSet chat-app-db/mariadb'],
    reason: 'Clients find its only pod through the Service, so no pod needs a DNS name.',
  },
  {
    tool: 'kube-score',
    check: 'pod-probes-identical',
    objects: ['StatefulSet chat-app-db/mariadb', 'StatefulSet chat-app-db/redis'],
    reason:
      'Both probes can only open a connection. The liveness probe waits longer, because it restarts the container.',
  },
  {
    tool: 'checkov',
    check: 'CKV_K8S_38',
    objects: ['Deployment chat-app-system/chat-app-operator', 'Job chat-app-system/generate-secrets-*'],
    reason: 'They use the API server, each with the fewest possible permissions.',
  },
  {
    tool: 'checkov',
    check: 'CKV_K8S_35',
    objects: ['StatefulSet chat-app-db/redis', 'Job chat-app-db/redis-join-*'],
    reason:
      'Only in local: the programs of Redis read the password from the environment, or from arguments that every process can see.',
  },
]
