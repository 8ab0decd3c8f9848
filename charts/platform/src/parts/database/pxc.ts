import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import type { Cluster } from '../../environment/cluster.ts'
import { AUTHORITY } from '../secrets/authority.ts'
import { backups } from './backup.ts'
import { configuration } from './configuration.ts'
import { exporter } from './exporter.ts'
import { containerSecurity, placement, resources } from './pods.ts'
import { replication } from './replication.ts'
import { primaryHost } from './service.ts'
import { claimSpec } from '../../objects/volume-claim.ts'
import type { PxcValues } from '../../environment/database.ts'

const SIDECAR_RESOURCES = resources('20m', '64Mi', '200m', '128Mi')

/** The Secret with the passwords of the system users of the database. */
export const SYSTEM_USERS = 'mysql-secrets'

/** The Secret with the certificate of the database, which the operator makes. */
export function certificateSecret({ name }: PxcValues): string {
  return `${name}-ssl`
}

/** The documented database cluster, with the fields of newer releases of its operator. */
export function pxc(chart: Chart, { environment, region }: Cluster, values: PxcValues): void {
  const { dataNamespace: namespace, certificates } = environment
  const { name, crVersion, unsafe, proxy, backup, maintenance, vaultSecret } = values
  new Manifest(chart, 'pxc', {
    apiVersion: 'pxc.percona.com/v1',
    kind: 'PerconaXtraDBCluster',
    metadata: { name, namespace },
    spec: {
      crVersion,
      secretsName: SYSTEM_USERS,
      sslSecretName: certificateSecret(values),
      sslInternalSecretName: `${name}-ssl-internal`,
      ...(vaultSecret !== undefined && { vaultSecretName: vaultSecret }),
      // allowUnsafeConfigurations would also turn TLS off; since 1.15 each risk has a flag of its own.
      ...(unsafe !== undefined && { unsafeFlags: { ...unsafe } }),
      tls: {
        enabled: true,
        SANs: [primaryHost(values, namespace), ...(region === undefined ? [] : [region.own.databaseHost])],
        ...(certificates !== undefined && {
          issuerConf: { name: AUTHORITY, kind: 'Issuer', group: 'cert-manager.io' },
        }),
      },
      updateStrategy: 'SmartUpdate',
      upgradeOptions: { ...maintenance },
      initContainer: {
        ...(values.operatorImage !== undefined && { image: values.operatorImage }),
        containerSecurityContext: containerSecurity,
        resources: resources('50m', '50M', '100m', '100M'),
      },
      // Without it the operator keeps the old size, and says nothing.
      enableVolumeExpansion: true,
      pxc: { ...nodes(values), ...replication(values, region) },
      [proxy.kind]: proxyPods(values),
      ...(backup !== undefined && { backup: backups(backup, region) }),
    },
  })
}

function nodes(values: PxcValues) {
  const { name, size, image, resources, storage, storageClassName, exporterImage } = values
  return {
    size,
    image,
    imagePullPolicy: 'IfNotPresent',
    resources,
    volumeSpec: claim(storage, storageClassName),
    configuration: configuration(values),
    ...placement(name, 'pxc', size),
    ...(exporterImage !== undefined && { sidecars: [exporter(name, exporterImage)] }),
  }
}

function proxyPods({ name, proxy, storageClassName }: PxcValues) {
  const { kind, size, image, resources } = proxy
  return {
    enabled: true,
    size,
    image,
    imagePullPolicy: 'IfNotPresent',
    resources,
    // Of the sidecars that tell the proxy which nodes exist.
    sidecarResources: SIDECAR_RESOURCES,
    ...placement(name, kind, size),
    ...(proxy.kind === 'proxysql' && { volumeSpec: claim(proxy.storage, storageClassName) }),
  }
}

function claim(storage: string, storageClassName: string | undefined) {
  return { persistentVolumeClaim: claimSpec(storage, storageClassName) }
}
