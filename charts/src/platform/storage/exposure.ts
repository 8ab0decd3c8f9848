import type { Chart } from 'cdk8s'
import { KubeIngress } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Cluster } from '../cluster.ts'
import { platformLabels } from '../pod.ts'
import type { TenantValues } from './values.ts'

const NAME = 'storage-replication'

/**
 * Where the storage of the other regions reaches this one: its URL of the region's values, through the platform's edge. An
 * environment without an edge of its own brings that URL to the Service `minio` by other means.
 */
export function exposure(chart: Chart, { environment: { edge }, region }: Cluster, { namespace }: TenantValues): void {
  if (region === undefined || edge === undefined) return
  const { hostname } = new URL(region.own.storageUrl)
  new KubeIngress(chart, 'replication', {
    metadata: {
      name: NAME,
      namespace,
      labels: platformLabels(NAME),
      // Who asks is known by the signature of the request.
      annotations: { 'cert-manager.io/cluster-issuer': edge.issuer, ...edge.tlsBackend },
    },
    spec: {
      ingressClassName: edge.ingressClassName,
      tls: [{ hosts: [hostname], secretName: `${NAME}-tls` }],
      rules: [
        {
          host: hostname,
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'minio', port: { number: 443 } } } }],
          },
        },
      ],
    },
  })
}
