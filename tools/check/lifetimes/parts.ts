/** A release series of a part. */
export interface Series {
  /** The beginning of its versions, such as `8.4`. */
  readonly series: string
  /** The last day with fixes, as YYYY-MM-DD. @default not known: see `source` */
  readonly ends?: string
  /** Where the day stands, or where to look for it. */
  readonly source: string
  /** What to use when it has ended. */
  readonly instead: string
  /** Why it is used past its end, and until which day (YYYY-MM-DD) nobody needs to decide that again. */
  readonly accepted?: { readonly until: string; readonly why: string }
}

/** Something of a third party that environments run. */
export interface Part {
  readonly name: string
  /** The last step of the names of its images. */
  readonly images: readonly string[]
  readonly series: readonly Series[]
}

const ELASTIC = 'https://www.elastic.co/support/eol'
const MYSQL = 'https://www.oracle.com/us/support/library/lifetime-support-technology-069183.pdf'

/**
 * The parts of the environments, and when their releases end. No day is guessed: one that no public document names is
 * left out.
 */
export const PARTS: readonly Part[] = [
  {
    name: 'MySQL (Percona XtraDB Cluster, XtraBackup)',
    images: ['percona-xtradb-cluster', 'percona-xtrabackup'],
    series: [
      {
        series: '8.4',
        ends: '2032-04-30',
        source: `${MYSQL} (Percona follows the ends of MySQL)`,
        instead: 'the next LTS release of MySQL that the operator supports',
      },
      { series: '8.0', ends: '2026-04-30', source: MYSQL, instead: '8.4: docs/platform/database.md' },
    ],
  },
  {
    name: 'HAProxy of the database',
    images: ['haproxy'],
    series: [
      {
        series: '2.8',
        ends: '2028-04-01',
        source: 'https://www.haproxy.org/ (second quarter of 2028)',
        instead: 'the release that the Percona operator is certified with',
      },
    ],
  },
  {
    name: 'exporter of MySQL',
    images: ['mysqld-exporter'],
    series: [
      {
        series: '0.17',
        source: 'https://github.com/prometheus/mysqld_exporter/releases',
        instead: 'the newest release',
      },
    ],
  },
  {
    name: 'Redis',
    images: ['redis', 'redis-sentinel'],
    series: [
      {
        series: '7.2',
        source: 'https://github.com/redis/redis/security lists the releases with fixes',
        instead: 'a newer Redis under another licence, or Valkey, where the operator has an image',
      },
    ],
  },
  {
    name: 'exporter of Redis',
    images: ['redis-exporter'],
    series: [
      {
        series: '1.44',
        source: 'https://github.com/oliver006/redis_exporter/releases',
        instead: 'the newest release that the operator has',
      },
    ],
  },
  {
    name: 'RabbitMQ',
    images: ['rabbitmq'],
    series: [
      {
        series: '4.2',
        source: 'https://www.rabbitmq.com/release-information: it ends with the next minor release',
        instead: 'the newest minor release of RabbitMQ 4 that the operator supports',
      },
    ],
  },
  {
    name: 'MinIO and its client',
    images: ['minio', 'mc'],
    series: [
      {
        series: 'RELEASE.2025',
        ends: '2026-04-25',
        source: 'https://github.com/minio/minio, which was archived on that day',
        instead: 'storage of kind "external": docs/platform/storage.md',
        accepted: {
          until: '2027-04-30',
          why: 'The documented environments keep the Tenant; docs/platform/storage.md names the known vulnerability and why the platform is not open to it.',
        },
      },
    ],
  },
  {
    name: 'Prometheus',
    images: ['prometheus'],
    series: [
      {
        series: '3.13',
        ends: '2027-07-31',
        source: 'https://prometheus.io/docs/introduction/release-cycle/ (LTS, July 2027)',
        instead: 'the next LTS release',
      },
      {
        series: '3.5',
        ends: '2026-07-31',
        source: 'https://prometheus.io/docs/introduction/release-cycle/',
        instead: '3.13, the next LTS release',
      },
    ],
  },
  {
    name: 'Alertmanager',
    images: ['alertmanager'],
    series: [
      { series: '0.28', source: 'https://github.com/prometheus/alertmanager/releases', instead: 'the newest release' },
    ],
  },
  {
    name: 'Elasticsearch, Kibana, Filebeat',
    images: ['elasticsearch', 'kibana', 'filebeat'],
    series: [{ series: '9.1', source: ELASTIC, instead: 'the newest release of 9 that ECK supports' }],
  },
  {
    name: "MariaDB and Redis of Debian 12, in the sandbox's images",
    images: ['sandbox.local/mariadb', 'sandbox.local/redis'],
    series: [
      {
        series: '10.11',
        ends: '2028-06-10',
        source: 'https://wiki.debian.org/LTS (Debian 12)',
        instead: 'the packages of the next Debian',
      },
      {
        series: '7.0',
        ends: '2028-06-10',
        source: 'https://wiki.debian.org/LTS (Debian 12)',
        instead: 'the packages of the next Debian',
      },
    ],
  },
]
