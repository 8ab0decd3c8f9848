import type { Chart } from 'cdk8s'
import type { TenantValues } from '../../../environment/storage.ts'
import { serviceMonitor } from './monitor.ts'

/** The object storage: its metrics are open to whoever reaches them (MINIO_PROMETHEUS_AUTH_TYPE=public), by TLS alone. */
export function storageMonitor(chart: Chart, home: string, { name, namespace }: TenantValues): void {
  serviceMonitor(chart, {
    name,
    home,
    namespace,
    // The operator gives its Services this label alone; the port below is the name of one of them.
    selector: { matchLabels: { 'v1.min.io/tenant': name } },
    endpoint: {
      port: 'https-minio',
      scheme: 'https',
      path: '/minio/v2/metrics/cluster',
      tlsConfig: {
        // Pods are asked by their address, which stands in no certificate.
        serverName: `minio.${namespace}.svc`,
        ca: { configMap: { name: 'kube-root-ca.crt', key: 'ca.crt' } },
      },
    },
  })
}
