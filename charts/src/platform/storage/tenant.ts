import { ApiObject, type Chart } from 'cdk8s'
import type { StorageValues } from './values.ts'

/** The documented object storage. Its root user stands in a Secret now, as `config.env`. */
export function minio(chart: Chart, values: StorageValues): void {
  const { name, namespace, image, servers, volumesPerServer, volumeSize, resources, configurationSecret } = values
  const security = { runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } }
  new ApiObject(chart, 'minio', {
    apiVersion: 'minio.min.io/v2',
    kind: 'Tenant',
    metadata: { name, namespace },
    spec: {
      image,
      configuration: { name: configurationSecret },
      mountPath: '/export',
      requestAutoCert: true,
      pools: [
        {
          name: 'data-pool',
          servers,
          volumesPerServer,
          resources,
          securityContext: { ...security, fsGroup: 1000 },
          containerSecurityContext: {
            ...security,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
          },
          volumeClaimTemplate: {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: volumeSize } } },
          },
        },
      ],
    },
  })
}
