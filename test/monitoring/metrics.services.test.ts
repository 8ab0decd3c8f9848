import { applied } from '@chat-app/platform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMetrics } from '@chat-app/operator/metrics'
import { createAuthority } from '@chat-app/sandbox-machine'
import { startMinio, startRedisCluster } from '@chat-app/sandbox-servers'
import { Database } from '@chat-app/services/store'
import { openStore, startService } from '@chat-app/services/testing'
import { eventually, must } from '@chat-app/testing'
import { documentedMetrics } from './documented-metrics.ts'
import { exposedAt, seriesOf } from './exposed.ts'
import { haproxy, mysqlExporter, prometheus, redisExporter } from './exporters.ts'
import { metricsOf } from './promql.ts'
import { fullest, ruleFile, watched } from '@chat-app/synth/pages'

/** The queries of all dashboards, with dashboard and panel. */
const dashboardQueries = watched.flatMap((cluster) =>
  applied(cluster)
    .filter(({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1')
    .flatMap(({ metadata, data }) => {
      const [text = ''] = Object.values(data as Record<string, string>)
      const { panels } = JSON.parse(text) as { panels: { title: string; targets?: { expr: string }[] }[] }
      return panels.flatMap(({ title, targets = [] }) =>
        targets.map(({ expr }) => ({ where: `${metadata.name}: ${title}`, expr })),
      )
    }),
)
const rules = watched.flatMap((cluster) => ruleFile(cluster).groups.flatMap(({ rules }) => rules))
const ruleQueries = rules.map(({ alert, record, expr }) => ({ where: alert ?? record ?? '', expr }))

describe('the metrics of the rules and dashboards', () => {
  const stack = new AsyncDisposableStack()
  let replica = ''
  const exposed = new Set<string>(Object.values(documentedMetrics).flat())

  beforeAll(async () => {
    const [store, redis] = await Promise.all([openStore(), startRedisCluster()])
    stack.use(store)
    stack.defer(() => redis.stop())
    await setReplicationSource(store.mariaDb.adminUrl)
    const urls = await Promise.all([
      ...(['api', 'websocket'] as const).map(async (command) => {
        const service = await startService(command, {
          DATABASE_URL: store.mariaDb.url,
          REDIS_URL: redis.url,
          JWT_SECRET: 'a secret of more than 32 characters',
        })
        stack.defer(() => service.stop())
        return service.metricsUrl()
      }),
      opened(redisExporter(must(redis.nodes.at(0), 'a master'))),
      opened(redisExporter(must(redis.nodes.at(-1), 'a replica'))).then((url) => (replica = url)),
      opened(mysqlExporter(store.mariaDb)),
      opened(haproxy()),
      opened(prometheus()),
    ])
    for (const names of await Promise.all(urls.map(exposedAt))) names.forEach((name) => exposed.add(name))
    const { registry } = createMetrics({ queueDepth: () => 0, isLeader: () => true })
    seriesOf(await registry.metrics()).forEach((name) => exposed.add(name))
    for (const { record } of rules) if (record !== undefined) exposed.add(record)
  })
  afterAll(() => stack.disposeAsync())

  async function opened(exporter: Promise<{ readonly url: string } & AsyncDisposable>): Promise<string> {
    return stack.use(await exporter).url
  }

  test('are exposed', () => {
    const asked = [...ruleQueries, ...dashboardQueries]
    const missing = asked.flatMap(({ where, expr }) =>
      metricsOf(expr).flatMap((name) => (exposed.has(name) || name.startsWith('minio_') ? [] : [`${where}: ${name}`])),
    )
    expect([...new Set(missing)]).toEqual([])
  })

  test('include the role of a Redis replica', async () => {
    const series = /^redis_instance_info\{.*\brole="slave"[,}].* 1$/m
    expect(await (await fetch(replica)).text()).toMatch(series)
  })

  test('of the object storage are exposed', async () => {
    const minio = await startMinio({
      authority: await createAuthority('metrics test'),
      env: { MINIO_PROMETHEUS_AUTH_TYPE: 'public' },
    })
    stack.defer(() => minio.stop())
    const asked = [...ruleQueries, ...dashboardQueries].flatMap(({ expr }) => metricsOf(expr))
    // MinIO exposes its drives some time after it starts to answer.
    await eventually(async () => {
      const names = await exposedAt(`${minio.url}/minio/v2/metrics/cluster`)
      expect(names).toEqual(expect.arrayContaining(asked.filter((name) => name.startsWith('minio_'))))
    })
  })

  test('include everything in documentedMetrics', () => {
    const asked = new Set([...ruleQueries, ...dashboardQueries].flatMap(({ expr }) => metricsOf(expr)))
    expect(
      Object.values(documentedMetrics)
        .flat()
        .filter((name) => !asked.has(name)),
    ).toEqual([])
  })
})

describe('metricsOf', () => {
  test('refuses invalid PromQL, and finds the metrics of a query', () => {
    expect(() => metricsOf('sum(rate(up[5m])')).toThrow('invalid PromQL')
    expect(metricsOf('a / on (pod) b{x="1"} > 0.8')).toEqual(['a', 'b'])
  })
})

describe('dashboards', () => {
  const objects = applied(fullest()).filter(({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1')

  test('exist for the service, the operator, Redis and MySQL, and fit into a ConfigMap', () => {
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(
      ['service', 'operator', 'redis', 'mysql'].map((name) => `chat-app-${name}-dashboard`),
    )
    for (const object of objects) expect(JSON.stringify(object).length).toBeLessThan(100_000)
  })

  test('begin with the health of the service, and have no overlapping panels', () => {
    for (const object of objects) {
      const [text = ''] = Object.values(object['data'] as Record<string, string>)
      const { panels } = JSON.parse(text) as { panels: { title: string; gridPos: GridPosition }[] }
      const cells = panels.flatMap(({ gridPos }) => cellsOf(gridPos))
      expect(new Set(cells).size).toBe(cells.length)
      expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24)
    }
    expect(JSON.stringify(objects[0])).toContain('Is it healthy, and if not, what is it waiting for?')
  })
})

/** Configures a replication source: the exporter only then exposes the state of replication. The source need not answer. */
async function setReplicationSource(adminUrl: string): Promise<void> {
  const admin = new Database({ url: adminUrl, maxConnections: 1 })
  await admin.execute("CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_USER='nobody'")
  await admin.close()
}

interface GridPosition {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

function cellsOf({ x, y, w, h }: GridPosition): string[] {
  return Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`)
}
