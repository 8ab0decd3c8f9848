import type { Chart } from 'cdk8s'
import type { TenantValues } from '../../../environment/storage.ts'
import { serviceMonitor } from './monitor.ts'

/** The monitor of the object storage. Its metrics need TLS but no token (MINIO_PROMETHEUS_AUTH_TYPE=public). */
export function storageMonitor(chart: Chart, home: string, { name, namespace }: TenantValues): void {
  serviceMonitor(chart, {
    name,
    home,
    namespace,
    // The operator sets only this label on all Services of the Tenant; one of them has the port below.
    selector: { matchLabels: { 'v1.min.io/tenant': name } },
    endpoint: {
      port: 'https-minio',
      scheme: 'https',
      path: '/minio/v2/metrics/cluster',
      tlsConfig: {
        // Prometheus connects to the IP address of a pod, which the certificate does not cover.
        serverName: `minio.${namespace}.svc`,
        ca: { configMap: { name: 'kube-root-ca.crt', key: 'ca.crt' } },
      },
    },
  })
}
