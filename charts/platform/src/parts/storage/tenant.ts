import type { Chart } from 'cdk8s'
import { Manifest, restrictedPodOf, unprivilegedContainer } from '@chat-app/chat/constructs'
import type { TenantValues } from '../../environment/storage.ts'

const POOL = 'data-pool'

/** The documented object storage. Its root user stands in a Secret, as `config.env`. */
export function tenant(chart: Chart, values: TenantValues): void {
  const { name, namespace, image, configurationSecret } = values
  new Manifest(chart, 'minio', {
    apiVersion: 'minio.min.io/v2',
    kind: 'Tenant',
    metadata: { name, namespace },
    spec: {
      image,
      imagePullPolicy: 'IfNotPresent',
      configuration: { name: configurationSecret },
      mountPath: '/export',
      requestAutoCert: true,
      // Servers wait for each other.
      podManagementPolicy: 'Parallel',
      logging: { json: true, quiet: true },
      // Our own monitors read the metrics, without a token of the root user; who may reach them is a network policy's.
      prometheusOperator: false,
      env: [{ name: 'MINIO_PROMETHEUS_AUTH_TYPE', value: 'public' }],
      pools: [pool(values)],
    },
  })
}

/** URL of the Tenant's Service in its own cluster, for which its certificate holds. */
export function tenantUrl(namespace: string): string {
  return `https://minio.${namespace}.svc`
}

// The operator makes the disruption budget: more than half of a pool's servers stay.
function pool({ name, servers, volumesPerServer, volumeSize, storageClassName, resources }: TenantValues) {
  const security = restrictedPodOf(1000)
  return {
    name: POOL,
    servers,
    volumesPerServer,
    resources,
    securityContext: { ...security, fsGroup: 1000, fsGroupChangePolicy: 'OnRootMismatch' },
    containerSecurityContext: { ...security, ...unprivilegedContainer },
    ...(servers > 1 && { affinity: { podAntiAffinity: eachOnItsOwnNode(name) } }),
    volumeClaimTemplate: {
      metadata: { name: 'data' },
      spec: {
        ...(storageClassName !== undefined && { storageClassName }),
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: volumeSize } },
      },
    },
  }
}

/** A node that is lost may take one server with it: erasure coding survives one, not two, while it writes. */
function eachOnItsOwnNode(tenantName: string) {
  const labels = { 'v1.min.io/tenant': tenantName, 'v1.min.io/pool': POOL }
  return {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { labelSelector: { matchLabels: labels }, topologyKey: 'kubernetes.io/hostname' },
    ],
  }
}
