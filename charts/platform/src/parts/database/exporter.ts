import { containerSecurity, resources } from './pods.ts'
import { MYSQL_EXPORTER_PORT, MYSQL_PORT } from '../../objects/ports.ts'

/**
 * The sidecar that exports the metrics of a node. It reads the operator's own copy of `mysql-secrets`: the operator
 * restarts the nodes whose sidecars read that copy when the password of `monitor` changes.
 */
export function exporter(cluster: string, image: string) {
  return {
    name: 'mysqld-exporter',
    image,
    imagePullPolicy: 'IfNotPresent',
    args: [
      `--mysqld.address=127.0.0.1:${MYSQL_PORT}`,
      '--mysqld.username=monitor',
      `--web.listen-address=:${MYSQL_EXPORTER_PORT}`,
      '--collect.info_schema.innodb_metrics',
    ],
    env: [
      {
        name: 'MYSQLD_EXPORTER_PASSWORD',
        valueFrom: { secretKeyRef: { name: `internal-${cluster}`, key: 'monitor' } },
      },
    ],
    ports: [{ name: 'metrics', containerPort: MYSQL_EXPORTER_PORT, protocol: 'TCP' }],
    resources: resources('20m', '32Mi', '200m', '64Mi'),
    securityContext: { ...containerSecurity, readOnlyRootFilesystem: true },
  }
}
