import type { Chart } from 'cdk8s'
import { IntOrString, KubeService, KubeStatefulSet, type Container } from 'cdk8s-plus-27/lib/imports/k8s.js'
import {
  dataClaim,
  dataVolume,
  ownContainer,
  platformLabels,
  podSecurity,
  tmpMount,
  tmpVolume,
} from '../../objects/pod.ts'
import type { MariaDbValues } from '../../environment/database.ts'
import { MYSQL_PORT } from '../../objects/ports.ts'

const NAME = 'mariadb'
const CREDENTIALS = 'mariadb-credentials'

/** A single MariaDB with the database `chat` and the user `chat`. The passwords come from a Secret. */
export function mariaDb(chart: Chart, namespace: string, values: MariaDbValues): void {
  const labels = platformLabels(NAME)
  const metadata = { name: NAME, namespace, labels }
  new KubeService(chart, 'mariadb-service', {
    metadata,
    spec: {
      type: 'ClusterIP',
      selector: labels,
      ports: [{ name: 'mysql', port: MYSQL_PORT, protocol: 'TCP', targetPort: IntOrString.fromString('mysql') }],
    },
  })
  new KubeStatefulSet(chart, 'mariadb', {
    metadata,
    spec: {
      serviceName: NAME,
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          ...podSecurity,
          terminationGracePeriodSeconds: 30,
          containers: [container(values)],
          volumes: [
            tmpVolume,
            { name: 'credentials', secret: { secretName: CREDENTIALS } },
            ...dataVolume(values.storage),
          ],
        },
      },
      ...dataClaim(values),
    },
  })
}

function container({ image, resources }: MariaDbValues): Container {
  return {
    name: NAME,
    ...ownContainer(image, resources),
    command: ['sh', '-euc', START],
    ports: [{ name: 'mysql', containerPort: MYSQL_PORT }],
    startupProbe: { tcpSocket: { port: IntOrString.fromString('mysql') }, periodSeconds: 1, failureThreshold: 120 },
    readinessProbe: { tcpSocket: { port: IntOrString.fromString('mysql') }, periodSeconds: 5 },
    livenessProbe: { tcpSocket: { port: IntOrString.fromString('mysql') }, periodSeconds: 10, failureThreshold: 6 },
    volumeMounts: [
      tmpMount,
      { name: 'credentials', mountPath: '/etc/mariadb-credentials', readOnly: true },
      { name: 'data', mountPath: '/var/lib/mysql' },
    ],
  }
}

/**
 * Runs with any image that has MariaDB and a shell. The data folder is complete only with the file `.made`, so an
 * interrupted start begins again. Each start sets the passwords of the users, so a restart applies a new one.
 */
const START = `
data=/var/lib/mysql/data
password_of() {
  IFS= read -r value < "/etc/mariadb-credentials/$1" || [ -n "$value" ]
  case "$value" in
    '' | *[!A-Za-z0-9._~-]*) echo "the key $1 of the Secret ${CREDENTIALS} may have only letters, digits and . _ ~ -" >&2; exit 1 ;;
  esac
}
password_of root-password; root=$value
password_of password; chat=$value

if [ ! -e "$data/.made" ]; then
  rm -rf "$data"
  mariadb-install-db --no-defaults --datadir="$data" --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve --force
  : > "$data/.made"
fi

umask 077
echo "
ALTER USER root@localhost IDENTIFIED BY '$root';
CREATE DATABASE IF NOT EXISTS chat CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS chat@'%' IDENTIFIED BY '$chat';
ALTER USER chat@'%' IDENTIFIED BY '$chat';
GRANT ALL ON chat.* TO chat@'%';
" > /tmp/users.sql

exec mariadbd --no-defaults --datadir="$data" --init-file=/tmp/users.sql \\
  --socket=/tmp/mariadb.sock --pid-file=/tmp/mariadb.pid --bind-address=0.0.0.0 --port=${MYSQL_PORT} \\
  --skip-name-resolve --character-set-server=utf8mb4 --max-connections=300 --log-warnings=1 \\
  --innodb-flush-log-at-trx-commit=1 --innodb-buffer-pool-size=128M
`.trim()
