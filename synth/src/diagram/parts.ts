import type { Environment } from '@chat-app/platform'

/** What each environment has of each part: a Markdown table with a column for each environment. */
export function partsTable(environments: readonly Environment[]): string[] {
  const rows = Object.entries(PARTS).map(([part, text]) => [
    part,
    ...environments.map((environment) => text(environment)),
  ])
  const head = ['', ...environments.map(({ name }) => name)]
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |'))
}

const NONE = 'none'
const PARTS: Readonly<Record<string, (environment: Environment) => string>> = {
  '[database](../../platform/database.md)': ({ database }) => {
    if (database.kind === 'external') return `external: ${database.host}`
    return database.kind === 'pxc'
      ? `PXC: ${nodes(database.size)}, ${database.proxy.size} × ${database.proxy.kind}`
      : 'one MariaDB pod'
  },
  'volume of a node': ({ database }) => (database.kind === 'external' ? undefined : database.storage) ?? NONE,
  'full backups kept': ({ database }) =>
    schedules(database)
      .map(({ name, keep }) => `${keep} ${name}`)
      .join(', ') || NONE,
  'any point in time': ({ database, regions }) => {
    const seconds = database.kind === 'pxc' ? database.backup?.uploadIntervalSeconds : undefined
    return seconds === undefined ? 'no' : `every ${seconds} s${regions === undefined ? '' : ', in the active region'}`
  },
  'encrypted at rest': ({ database }) =>
    database.kind === 'pxc' && database.vaultSecret !== undefined ? 'by Vault' : 'no',
  '[Redis](../../platform/redis.md)': ({ redis }) => {
    if (redis.kind === 'external') return `external: ${redis.endpoints.join(', ')}`
    if (redis.kind === 'pods') return 'Redis Cluster of plain pods: 3 masters, 3 replicas'
    if (redis.kind === 'cluster') return `RedisCluster: ${redis.size} masters, ${redis.size} replicas`
    if (redis.kind === 'sentinel') return `1 master, ${redis.size - 1} replicas, ${redis.sentinels.size} Sentinels`
    return 'one pod'
  },
  'volume of a Redis': ({ redis }) => (redis.kind === 'external' ? undefined : redis.storage) ?? NONE,
  'TLS, metrics of Redis': ({ redis }) =>
    `${'tls' in redis && redis.tls ? 'only' : 'no'}, ${'exporterImage' in redis && redis.exporterImage !== undefined ? 'exporter' : 'no'}`,
  '[storage](../../platform/storage.md)': ({ storage }) => {
    if (storage === undefined) return NONE
    return storage.kind === 'external'
      ? `external: ${storage.endpoint}`
      : `MinIO: ${storage.servers} × ${storage.volumesPerServer} volumes of ${storage.volumeSize}`
  },
  'bucket of the files': ({ storage }) => code(storage?.buckets.files),
  'bucket of the backups': ({ database }) => code(database.kind === 'pxc' ? database.backup?.bucket : undefined),
  'old versions, binary log kept': ({ storage }) =>
    storage === undefined ? NONE : `${days(storage.buckets.oldVersionsDays)}, ${days(storage.buckets.binaryLogDays)}`,
  '[RabbitMQ](../../platform/messaging.md)': ({ messaging }) => {
    if (messaging === undefined) return NONE
    if (messaging.kind === 'external') return `external: ${messaging.host}`
    const { size, resources, storage, tls } = messaging
    return `${nodes(size)} of ${resources.limits.memory} and ${storage}${tls ? ', TLS only' : ''}`
  },
  '[Prometheus](../../platform/monitoring.md)': ({ monitoring }) =>
    monitoring === undefined ? NONE : `${nodes(monitoring.replicas)}, ${monitoring.retention}`,
  '[logs](../../platform/logs.md)': ({ logs }) =>
    logs === undefined ? NONE : `${nodes(logs.elasticsearch.nodes)}, ${logs.keepDays} days`,
  '[credentials](../../platform/secrets.md)': ({ secrets }) => (secrets.kind === 'vault' ? 'Vault' : 'generated'),
  clusters: ({ regions }) => (regions === undefined ? '1' : regions.clusters.map(({ name }) => name).join(', ')),
  '[pipeline](../../pipeline.md)': ({ pipeline }) =>
    pipeline === undefined
      ? 'by hand'
      : `${pipeline.on === 'tag' ? 'tags' : 'develop'}, ${pipeline.start}${pipeline.after === undefined ? '' : `, after ${pipeline.after}`}`,
}

function schedules(database: Environment['database']) {
  return database.kind === 'pxc' ? (database.backup?.schedules ?? []) : []
}

function nodes(count: number): string {
  return `${count} ${count === 1 ? 'node' : 'nodes'}`
}

function days(count: number | undefined): string {
  return count === undefined ? NONE : `${count} days`
}

function code(text: string | undefined): string {
  return text === undefined ? NONE : `\`${text}\``
}
