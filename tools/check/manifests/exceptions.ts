import type { Finding } from './finding.ts'

/** A finding that is accepted, with the reason. */
export interface Exception {
  readonly tool: Finding['tool']
  readonly check: string
  /** Objects as `Kind namespace/name`; `*` matches any text. */
  readonly objects: readonly string[]
  readonly reason: string
}

const releases =
  'Every image has the tag of a release, which is never written twice, or a digest. To pull it again at each start would make a start depend on the registry.'

const spread =
  'The scheduler spreads pods over nodes and zones by default. With few nodes, a strict rule would leave a pod pending; `podTemplate` can set one.'
const theirPods = 'The pods are made by the operator of that part, so that they are not among the manifests.'
const local = 'Only where all of it runs in one small machine: there is no second node to be moved to.'

export const exceptions: readonly Exception[] = [
  {
    tool: 'kube-score',
    check: 'container-ephemeral-storage-request-and-limit',
    objects: ['*'],
    reason:
      'The root file system is read-only and every emptyDir has a limit of its own; what is left are logs, which the kubelet rotates.',
  },
  { tool: 'kube-score', check: 'container-image-pull-policy', objects: ['*'], reason: releases },
  { tool: 'checkov', check: 'CKV_K8S_15', objects: ['*'], reason: releases },
  {
    tool: 'checkov',
    check: 'CKV_K8S_43',
    objects: ['*'],
    reason: 'Releases are named by tags that people can read. A ChatApp takes digests too: `spec.images.digests`.',
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
    reason: theirPods,
  },
  {
    tool: 'kube-score',
    check: 'ingress-targets-service',
    objects: ['Ingress logging/kibana', 'Ingress chat-app-storage/storage-replication'],
    reason: 'The Service is made by the operator of that part.',
  },
  {
    tool: 'kube-score',
    check: 'deployment-replicas',
    objects: ['Deployment chat-app/chat-app-api', 'Deployment chat-app/chat-app-websocket'],
    reason: 'One pod is what local and dev ask for; none runs in a region that does not take the writes.',
  },
  {
    tool: 'kube-score',
    check: 'deployment-targeted-by-hpa-does-not-have-replicas-configured',
    objects: ['Deployment chat-app/chat-app-api', 'Deployment chat-app/chat-app-websocket'],
    reason: 'The operator writes the number that the autoscaler chose: a Deployment without one would begin with 1.',
  },
  {
    tool: 'kube-score',
    check: 'deployment-has-host-podantiaffinity',
    objects: [
      'Deployment chat-app/chat-app-api',
      'Deployment chat-app/chat-app-websocket',
      'Deployment chat-app-system/chat-app-operator',
    ],
    reason: spread,
  },
  {
    tool: 'kube-score',
    check: 'deployment-has-poddisruptionbudget',
    objects: ['Deployment chat-app-system/chat-app-operator'],
    reason: 'One works and the other waits for its lease. Whichever is evicted, ChatApps serve on meanwhile.',
  },
  {
    tool: 'kube-score',
    check: 'statefulset-has-poddisruptionbudget',
    objects: ['StatefulSet chat-app-db/redis'],
    reason: local,
  },
  {
    tool: 'kube-score',
    check: 'statefulset-has-host-podantiaffinity',
    objects: ['StatefulSet chat-app-db/redis'],
    reason: local,
  },
  {
    tool: 'kube-score',
    check: 'statefulset-has-servicename',
    objects: ['StatefulSet chat-app-db/mariadb'],
    reason: 'It has one pod, which clients find by its Service: nobody needs the name of the pod itself.',
  },
  {
    tool: 'kube-score',
    check: 'pod-probes-identical',
    objects: ['StatefulSet chat-app-db/mariadb', 'StatefulSet chat-app-db/redis'],
    reason:
      'A connection is all there is to ask for. The liveness probe waits longer before it restarts the container.',
  },
  {
    tool: 'checkov',
    check: 'CKV_K8S_38',
    objects: ['Deployment chat-app-system/chat-app-operator', 'Job chat-app-system/generate-secrets-*'],
    reason: 'They work with the API server, each with the least permissions for it.',
  },
  {
    tool: 'checkov',
    check: 'CKV_K8S_35',
    objects: ['StatefulSet chat-app-db/redis', 'Job chat-app-db/redis-join'],
    reason:
      'Only in local: the programs of Redis take the password from the environment, or from arguments that all can see.',
  },
]
