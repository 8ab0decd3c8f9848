import type { Chart } from 'cdk8s'
import { KubeIngress } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Cluster } from '../../environment/cluster.ts'
import { platformLabels } from '../../objects/pod.ts'
import { bucketsOf } from './buckets.ts'
import type { TenantValues } from '../../environment/storage.ts'

const NAME = 'storage-replication'

/** The paths by which sites list buckets, replicate everything but objects, and check each other's health. */
const SITE_PATHS = [
  { path: '/', pathType: 'Exact' },
  { path: '/minio/admin', pathType: 'Prefix' },
  { path: '/minio/health', pathType: 'Prefix' },
]

/**
 * The Ingress by which the storages of the other regions reach this one, at the `storageUrl` of the region. In an
 * environment without an edge, something else must route that URL to the Service `minio`.
 */
export function exposure(chart: Chart, { environment, region }: Cluster, storage: TenantValues): void {
  const { edge } = environment
  if (region === undefined || edge === undefined) return
  const { hostname } = new URL(region.own.storageUrl)
  // Only the paths of replication: the metrics need no login.
  const buckets = bucketsOf(environment, storage).map(({ name }) => ({ path: `/${name}`, pathType: 'Prefix' }))
  const backend = { service: { name: 'minio', port: { number: 443 } } }
  new KubeIngress(chart, 'replication', {
    metadata: {
      name: NAME,
      namespace: storage.namespace,
      labels: platformLabels(NAME),
      annotations: {
        'cert-manager.io/cluster-issuer': edge.issuer,
        ...edge.tlsBackend,
        ...edge.replication?.annotations,
      },
    },
    spec: {
      ingressClassName: edge.replication?.ingressClassName ?? edge.ingressClassName,
      tls: [{ hosts: [hostname], secretName: `${NAME}-tls` }],
      rules: [{ host: hostname, http: { paths: [...SITE_PATHS, ...buckets].map((path) => ({ ...path, backend })) } }],
    },
  })
}
