import { PXC_OPERATOR_RELEASES } from '@chat-app/platform'

/** Software that a release works with, and how that was tested. */
export interface Support {
  readonly name: string
  /** Supported releases of it. */
  readonly versions: string
  /** Releases that run in the tests. */
  readonly ran: readonly string[]
  /** Releases whose CRDs accept every object of every environment in the tests; for the Gateway API, release and channel. */
  readonly validated: readonly string[]
  /** Folder of the project's CRDs in `UPSTREAM_CRDS`. */
  readonly project?: string
  /** What the platform uses it for. */
  readonly purpose: string
}

/** The software that a release of the platform supports, and what of it the tests run; docs/support.md shows it. */
export const support: readonly Support[] = [
  part('Kubernetes', '1.34', 'the cluster', { ran: ['1.34.4'] }),
  part('Helm', '4', "the operator's chart", { ran: ['4.3.1'] }),
  part('MySQL, MariaDB', 'MySQL 8, MariaDB 10.11', "the services' database", { ran: ['MariaDB 10.11'] }),
  part('Redis', '7', 'messages between the pods of the services', { ran: ['7.0'] }),
  part('RabbitMQ', '4; 3.10 has what is used', 'messaging', { ran: ['3.10'] }),
  part('MinIO, or another S3', 'the S3 API', 'object storage', { ran: ['MinIO 2026-02-12'] }),
  operator('Percona Operator for MySQL (PXC)', PXC_OPERATOR_RELEASES, 'the database', 'pxc-operator', [
    '1.18.0',
    '1.19.0',
  ]),
  operator('Redis operator (OT-CONTAINER-KIT)', '0.26', 'Redis', 'redis-operator', ['0.26.0']),
  operator('MinIO operator', '7.1', 'object storage', 'minio-operator', ['7.1.1']),
  operator('RabbitMQ cluster operator', '2.22', 'messaging', 'rabbitmq-cluster-operator', ['2.22.3']),
  operator('RabbitMQ topology operator', '1.20', 'messaging', 'rabbitmq-messaging-topology-operator', ['1.20.1']),
  operator('Prometheus operator', '0.93', 'monitoring', 'prometheus-operator', ['0.93.0']),
  operator('ECK (Elasticsearch, Kibana, Beats)', '3.5', 'logs, where they are asked for', 'eck', ['3.5.0']),
  operator('cert-manager', '1.21', 'certificates', 'cert-manager', ['1.21.1']),
  operator('External Secrets', '2.9', 'credentials from Vault', 'external-secrets', ['2.9.0']),
  operator('Gateway API', '1.6', 'a ChatApp that a Gateway exposes', 'gateway-api', ['1.6.1-standard']),
]

/** The rows of docs/support.md. */
export function supportTable(): string {
  const list = (versions: readonly string[]) => (versions.length === 0 ? '-' : versions.join(', '))
  const rows = support.map(
    ({ name, versions, purpose, ran, validated }) =>
      `| ${name} | ${versions} | ${purpose} | ${list(ran)} | ${list(validated)} |`,
  )
  return [
    '| part | made for | for | run in the tests | validated by its CRDs |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

function part(name: string, versions: string, purpose: string, { ran }: Pick<Support, 'ran'>): Support {
  return { name, versions, purpose, ran, validated: [] }
}

/** An operator of another project. None of them runs in the tests. */
function operator(
  name: string,
  versions: string,
  purpose: string,
  project: string,
  validated: readonly string[],
): Support {
  return { name, versions, purpose, project, ran: [], validated }
}
