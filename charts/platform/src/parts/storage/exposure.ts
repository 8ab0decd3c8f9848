import type { Chart } from 'cdk8s'
import { KubeIngress } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Cluster } from '../../environment/cluster.ts'
import { platformLabels } from '../../objects/pod.ts'
import { bucketsOf } from './buckets.ts'
import type { TenantValues } from '../../environment/storage.ts'

const NAME = 'storage-replication'

/** What sites ask each other: which buckets there are, changes of anything but objects, and whether the other is there. */
const sitePaths = [
  { path: '/', pathType: 'Exact' },
  { path: '/minio/admin', pathType: 'Prefix' },
  { path: '/minio/health', pathType: 'Prefix' },
]

/**
 * Where the storage of the other regions reaches this one: its URL of the region's values, through the platform's edge. An
 * environment without an edge of its own brings that URL to the Service `minio` by other means.
 */
export function exposure(chart: Chart, { environment, region }: Cluster, storage: TenantValues): void {
  const { edge } = environment
  if (region === undefined || edge === undefined) return
  const { hostname } = new URL(region.own.storageUrl)
  // No other path: the metrics ask nobody who they are.
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
      rules: [{ host: hostname, http: { paths: [...sitePaths, ...buckets].map((path) => ({ ...path, backend })) } }],
    },
  })
}
