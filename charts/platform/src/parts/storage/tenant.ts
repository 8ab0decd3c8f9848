import type { Chart } from 'cdk8s'
import { Manifest, restrictedPodOf, unprivilegedContainer } from '@chat-app/chat/constructs'
import { disruptionBudget } from '../../objects/disruption-budget.ts'
import { acrossZones } from '../../objects/spread.ts'
import { claimSpec } from '../../objects/volume-claim.ts'
import type { TenantValues } from '../../environment/storage.ts'

const POOL = 'data-pool'

/** The documented object storage. Its root user is in a Secret, under the key `config.env`. */
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
      // The platform's own monitor scrapes the metrics without a token of the root user. A NetworkPolicy limits who may
      // connect.
      prometheusOperator: false,
      env: [{ name: 'MINIO_PROMETHEUS_AUTH_TYPE', value: 'public' }],
      pools: [pool(values)],
    },
  })
  // Its operator makes none. Erasure coding bears the loss of one server, not of two.
  if (values.servers > 1) disruptionBudget(chart, { name, namespace, labels: pods(name) })
}

/** The URL of the Tenant's Service in its cluster, which its certificate covers. */
export function tenantUrl(namespace: string): string {
  return `https://minio.${namespace}.svc`
}

function pool({ name, servers, volumesPerServer, volumeSize, storageClassName, resources }: TenantValues) {
  const security = restrictedPodOf(1000)
  return {
    name: POOL,
    servers,
    volumesPerServer,
    resources,
    securityContext: { ...security, fsGroup: 1000, fsGroupChangePolicy: 'OnRootMismatch' },
    containerSecurityContext: { ...security, ...unprivilegedContainer },
    ...(servers > 1 && {
      affinity: { podAntiAffinity: eachOnItsOwnNode(name) },
      topologySpreadConstraints: acrossZones(pods(name)),
    }),
    volumeClaimTemplate: { metadata: { name: 'data' }, spec: claimSpec(volumeSize, storageClassName) },
  }
}

/** At most one server runs on a node: writes survive the failure of one server, not of two. */
function eachOnItsOwnNode(tenantName: string) {
  return {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { labelSelector: { matchLabels: pods(tenantName) }, topologyKey: 'kubernetes.io/hostname' },
    ],
  }
}

/** The labels that the operator gives to the servers. */
function pods(tenantName: string) {
  return { 'v1.min.io/tenant': tenantName, 'v1.min.io/pool': POOL }
}
