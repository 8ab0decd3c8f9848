import { environments, prod } from '@chat-app/environments'
import { describe, expect, test } from 'vitest'
import { clustersOf, activeCluster } from '@chat-app/platform'
import { sizeText } from './amounts.ts'
import { podsOf, sum } from './demand.ts'
import { graph, idOf } from './graph.ts'
import { flowchart } from './mermaid.ts'
import { environmentPages } from './pages.ts'

const clusters = environments.flatMap(clustersOf).map((cluster) => [cluster.folder, cluster] as const)

/** The used part of Mermaid's grammar: each line is one of these. */
const NODE = /^ {2,4}(n\d+)(?:\["[^"]+"\]|\(\["[^"]+"\]\))$/
const LINK = /^ {2}(n\d+) -->\|"[^"]+"\| (n\d+)$/
const BOX = /^ {2}subgraph (s\d+)\["[^"]+"\]$/

describe.each(clusters)('the diagram of %s', (_, cluster) => {
  const drawn = graph(cluster)
  const [first, ...lines] = flowchart(drawn).split('\n')

  // Mermaid's own parser needs a browser, so its syntax is checked by these forms.
  test('has only lines of the used forms, and defines each named node once', () => {
    expect(first).toBe('flowchart LR')
    const forms = (line: string) => [NODE, LINK, BOX, /^ {2}end$/].filter((form) => form.test(line)).length
    expect(lines.filter((line) => forms(line) !== 1)).toEqual([])
    const nodes = lines.flatMap((line) => NODE.exec(line)?.[1] ?? [])
    const boxes = lines.flatMap((line) => BOX.exec(line)?.[1] ?? [])
    expect([new Set(nodes).size, new Set(boxes).size]).toEqual([nodes.length, boxes.length])
    expect(lines.filter((line) => line === '  end')).toHaveLength(boxes.length)
    for (const line of lines) for (const end of LINK.exec(line)?.slice(1) ?? []) expect(nodes).toContain(end)
  })

  test('shows the size of every object with pods, and a connection to each database', () => {
    expect(drawn.nodes.length).toBeGreaterThanOrEqual(5)
    for (const { object } of drawn.nodes)
      for (const part of podsOf(object) ?? []) expect(Object.values(part).every(Number.isFinite)).toBe(true)
    const databases = drawn.nodes.filter(({ object }) => /mysql|mariadb|redis/.test(object.metadata.name))
    for (const node of databases) expect(drawn.links.map(({ to }) => idOf(to))).toContain(idOf(node))
  })
})

test('production waits for its database and its Redis', () => {
  const { links } = graph(activeCluster(prod))
  const waits = links.filter(({ why }) => why.includes('waits until it is ready')).map(({ to }) => idOf(to))
  expect(waits).toEqual(['PerconaXtraDBCluster chat-app-db/chat-app-mysql', 'RedisCluster chat-app-db/chat-app-redis'])
})

test('its database has connections from and to that of other regions', () => {
  const { links } = graph(activeCluster(prod))
  const between = links.filter(({ why }) => why.some((each) => each.includes('database of another region')))
  const database = 'PerconaXtraDBCluster chat-app-db/chat-app-mysql'
  expect(between.map(({ from, to }) => [idOf(from), idOf(to)])).toEqual([
    [database, 'outside'],
    ['other regions', database],
  ])
})

test('its page says which region takes the writes', () => {
  const page = environmentPages()['docs/reference/environments/prod.md']
  expect(page).toContain('["eu-central<br>takes the writes"]')
  expect(page).toMatch(/r0 -->\|"database: replication channel"\| r1/)
})

describe('the requests of pods', () => {
  const object = (kind: string, spec: object) => ({ apiVersion: 'a/v1', kind, metadata: { name: 'it' }, spec })

  test('are those of the containers and claims of a workload', () => {
    const requests = { cpu: '250m', memory: '1Gi' }
    const spec = {
      replicas: 3,
      template: { spec: { containers: [{ resources: { requests } }, { resources: { requests } }] } },
      volumeClaimTemplates: [{ spec: { resources: { requests: { storage: '10Gi' } } } }],
    }
    const [pods] = podsOf(object('StatefulSet', spec)) ?? []
    expect(pods).toEqual({ pods: 3, cpu: 500, memory: 2 * 2 ** 30, storage: 10 * 2 ** 30 })
    expect(sizeText(pods as NonNullable<typeof pods>)).toBe('3 x 0.5 CPU, 2 GiB, 10 GiB on disk')
  })

  test('are added up over all pods', () => {
    const half = { pods: 2, cpu: 500, memory: 10, storage: 1 }
    expect(sum([half, { ...half, pods: 1 }])).toEqual({ pods: 3, cpu: 1500, memory: 30, storage: 3 })
  })

  test('are undefined for an object without pods', () => {
    expect(podsOf(object('Job', {}))).toBeUndefined()
    expect(podsOf(object('ConfigMap', {}))).toBeUndefined()
  })
})
