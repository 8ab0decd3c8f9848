import { environments } from '@chat-app/environments'
import { applied, clustersOf, VOLUMES } from '@chat-app/platform'
import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '@chat-app/chat'
import { changes, restarting, type Change } from './compare.ts'
import { effectOf } from './effects.ts'

const object = (kind: string, spec: object, metadata: object = {}, apiVersion = 'apps/v1'): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name: 'it', namespace: 'shop', ...metadata },
  spec,
})

const between = (before: KubernetesObject[], after: KubernetesObject[], path = '30-database.yaml'): Change[] =>
  changes([{ path, objects: before }], [{ path: `other/${path}`, objects: after }])

/** The one change of an object's fields, as `field: old -> new (effect)`. */
const fields = (before: KubernetesObject, after: KubernetesObject): string[] =>
  between([before], [after]).flatMap((change) =>
    change.fields.map(
      ({ field, old, new: now, effect }) => `${field}: ${JSON.stringify(old)} -> ${JSON.stringify(now)} (${effect})`,
    ),
  )

const pod = (...containers: object[]) => ({ template: { spec: { containers } } })

describe('the changes of an object', () => {
  test('are listed by field, with the old and the new value', () => {
    const before = object('Deployment', { replicas: 2, ...pod({ name: 'chat', image: 'chat:1' }) })
    const after = object('Deployment', { replicas: 3, ...pod({ name: 'chat', image: 'chat:2', tty: true }) })
    expect(fields(before, after)).toEqual([
      'spec.replicas: 2 -> 3 (scale)',
      'spec.template.spec.containers[chat].image: "chat:1" -> "chat:2" (restart)',
      'spec.template.spec.containers[chat].tty: undefined -> true (restart)',
    ])
  })

  test('are none when only the order of fields or of named items differs', () => {
    const [a, b] = [
      { name: 'a', image: 'a:1' },
      { image: 'b:1', name: 'b' },
    ]
    expect(
      between([object('Deployment', pod(a, b))], [object('Deployment', pod(b, { image: 'a:1', name: 'a' }))]),
    ).toEqual([])
  })

  test('are one item when one is inserted before others', () => {
    const [a, b] = [
      { name: 'a', image: 'a:1' },
      { name: 'b', image: 'b:1' },
    ]
    expect(fields(object('Deployment', pod(b)), object('Deployment', pod(a, b)))).toEqual([
      'spec.template.spec.containers[a]: undefined -> {"name":"a","image":"a:1"} (restart)',
    ])
  })

  test('are the whole list when its items have no names', () => {
    const spec = (...args: string[]) => pod({ name: 'chat', args })
    expect(fields(object('Deployment', spec('-a')), object('Deployment', spec('-a', '-b')))).toEqual([
      'spec.template.spec.containers[chat].args: ["-a"] -> ["-a","-b"] (restart)',
    ])
  })

  test('quote names of fields with dots', () => {
    const map = (text: string) => ({ ...object('ConfigMap', {}), data: { 'my.cnf': text } })
    expect(fields(map('a'), map('b'))).toEqual(['data["my.cnf"]: "a" -> "b" (nextStart)'])
  })

  test('hide the value of a Secret', () => {
    const secret = (password: string) => ({ ...object('Secret', {}), stringData: { password } })
    expect(fields(secret('one'), secret('two'))).toEqual(['stringData.password: "(hidden)" -> "(hidden)" (nextStart)'])
  })
})

describe('objects', () => {
  test('that are added or removed are listed, whatever file they are in', () => {
    const found = between([object('Service', {})], [object('StatefulSet', {})])
    expect(found).toMatchObject([
      { change: 'added', object: 'StatefulSet shop/it', effect: 'pods start' },
      { change: 'removed', object: 'Service shop/it', effect: 'stays in the cluster until somebody deletes it' },
    ])
  })

  test('of another group or namespace are other objects', () => {
    const found = between(
      [object('Role', {}, {}, 'a/v1')],
      [object('Role', {}, {}, 'b/v1'), object('Role', {}, { namespace: 'x' }, 'a/v1')],
    )
    expect(found.map(({ change }) => change)).toEqual(['added', 'added', 'removed'])
  })

  test('of another version of the API are the same object', () => {
    expect(fields(object('Role', {}, {}, 'a/v1'), object('Role', {}, {}, 'a/v2'))).toEqual([
      'apiVersion: "a/v1" -> "a/v2" (undefined)',
    ])
  })

  test('that the operator creates are marked', () => {
    expect(between([], [object('Service', {})], 'preview/chat-app.yaml')).toMatchObject([{ isPreview: true }])
  })

  test('a Job with the hash of its spec in its name runs again', () => {
    const job = (hash: string, image: string) =>
      object('Job', pod({ name: 'a', image }), { name: `bootstrap-${hash}` }, 'batch/v1')
    const [change] = between([job('0a1b2c3d', 'a:1')], [job('ffffffff', 'a:2')])
    expect(change?.fields.map(({ effect }) => effect)).toEqual(['rerun', 'rerun'])
  })

  test('a Job of the same name must be replaced', () => {
    const [change] = between(
      [object('Job', pod({ name: 'a', image: 'a:1' }))],
      [object('Job', pod({ name: 'a', image: 'a:2' }))],
    )
    expect(change?.fields[0]?.effect).toBe('replace')
  })
})

test.each([
  ['StatefulSet', 'spec.template.spec.containers.[a].image', 'restart'],
  ['StatefulSet', 'spec.replicas', 'scale'],
  ['StatefulSet', 'spec.volumeClaimTemplates.[0].spec', 'replace'],
  ['DaemonSet', 'spec.template.metadata.labels.a', 'restart'],
  ['Deployment', 'metadata.labels.a', undefined],
  ['Service', 'spec.clusterIP', 'replace'],
  ['Service', 'spec.ports.[http].port', undefined],
  ['ConfigMap', 'data.a', 'nextStart'],
  ['PerconaXtraDBCluster', 'spec.pxc.image', 'restart'],
  ['PerconaXtraDBCluster', 'spec.pxc.configuration', 'restart'],
  ['PerconaXtraDBCluster', 'spec.haproxy.resources.limits.cpu', 'restart'],
  ['PerconaXtraDBCluster', 'spec.pxc.size', 'scale'],
  ['PerconaXtraDBCluster', 'spec.pxc.volumeSpec.persistentVolumeClaim.storageClassName', 'replace'],
  ['PerconaXtraDBCluster', 'spec.backup.pitr.enabled', undefined],
  ['RedisCluster', 'spec.kubernetesConfig.image', 'restart'],
  ['RedisCluster', 'spec.clusterSize', 'scale'],
  ['Tenant', 'spec.image', 'restart'],
  ['Tenant', 'spec.pools.[pool-0].servers', 'replace'],
  ['RabbitmqCluster', 'spec.rabbitmq.additionalConfig', 'restart'],
  ['RabbitmqCluster', 'spec.rabbitmq.additionalPlugins', undefined],
  ['Prometheus', 'spec.ruleSelector.matchLabels.a', undefined],
  ['Prometheus', 'spec.version', 'restart'],
  ['Elasticsearch', 'spec.nodeSets.[default].count', 'scale'],
  ['Elasticsearch', 'spec.version', 'restart'],
  ['ChatApp', 'spec.version', undefined],
] as const)('%s %s: %s', (kind, path, effect) => {
  expect(effectOf(object(kind, {}), path.split('.'))).toBe(effect)
})

test('a changed dashboard has no effect on pods: Grafana reloads it', () => {
  const dashboard = object('ConfigMap', {}, { labels: { grafana_dashboard: '1' } })
  expect(effectOf(dashboard, ['data', 'chat.json'])).toBeUndefined()
})

test('the objects whose pods restart are listed', () => {
  const before = object('Deployment', pod({ name: 'a', image: 'a:1' }))
  expect(restarting(between([before], [object('Deployment', pod({ name: 'a', image: 'a:2' }))]))).toEqual([
    'Deployment shop/it',
  ])
})

describe('another size of a volume', () => {
  const EXPANDING = { enableVolumeExpansion: true }
  const claim = (field: string) => `${field}.resources.requests.storage`

  test.each([
    ['PerconaXtraDBCluster', claim('spec.pxc.volumeSpec.persistentVolumeClaim'), 'grow', 'refused', EXPANDING],
    ['PerconaXtraDBCluster', claim('spec.pxc.volumeSpec.persistentVolumeClaim'), 'keepSize', 'refused', {}],
    ['PerconaXtraDBCluster', claim('spec.proxysql.volumeSpec.persistentVolumeClaim'), 'refused', 'refused', EXPANDING],
    ['RedisCluster', claim('spec.storage.volumeClaimTemplate.spec'), 'grow', 'keepSize', {}],
    ['RedisCluster', claim('spec.storage.nodeConfVolumeClaimTemplate.spec'), 'keepSize', 'keepSize', {}],
    ['Redis', claim('spec.storage.volumeClaimTemplate.spec'), 'grow', 'keepSize', {}],
    ['RedisReplication', claim('spec.storage.volumeClaimTemplate.spec'), 'grow', 'keepSize', {}],
    ['Tenant', claim('spec.pools.[data-pool].volumeClaimTemplate.spec'), 'grow', 'keepSize', {}],
    ['RabbitmqCluster', 'spec.persistence.storage', 'grow', 'refused', {}],
    ['Prometheus', claim('spec.storage.volumeClaimTemplate.spec'), 'recreate', 'recreate', {}],
    ['Alertmanager', claim('spec.storage.volumeClaimTemplate.spec'), 'recreate', 'recreate', {}],
    ['Elasticsearch', claim('spec.nodeSets.[default].volumeClaimTemplates.[0].spec'), 'grow', 'refused', {}],
    ['StatefulSet', claim('spec.volumeClaimTemplates.[0].spec'), 'refused', 'refused', {}],
  ] as const)('%s %s: %s, and %s when it is smaller (%j)', (kind, path, larger, smaller, spec) => {
    const effect = (old: string, now: string) => effectOf(object(kind, spec), path.split('.'), { old, new: now })
    // The units count: 10G are less than 9.5Gi.
    expect([effect('10G', '9.5Gi'), effect('9.5Gi', '10G')]).toEqual([larger, smaller])
  })

  test('is in the table for every volume of every environment', () => {
    const sizes = environments
      .flatMap(clustersOf)
      .flatMap(applied)
      .flatMap((each) => sizePaths(each).map((path) => `${each.kind} ${path}`))
    expect(sizes.length).toBeGreaterThan(20)
    const known = new Set(VOLUMES.map(({ kind, field }) => `${kind} ${field}`))
    expect([...new Set(sizes)].filter((size) => !known.has(size))).toEqual([])
  })

  /** The fields with the size of a volume; items of lists as `*`. */
  function sizePaths(value: unknown, path: readonly string[] = []): string[] {
    if (typeof value === 'string') return /^(storage)$/.test(path.at(-1) ?? '') ? [path.join('.')] : []
    if (typeof value !== 'object' || value === null) return []
    return Object.entries(value).flatMap(([key, inner]) =>
      sizePaths(inner, [...path, Array.isArray(value) ? '*' : key]),
    )
  }
})

test('another major version of the database has no way back', () => {
  const effect = (old: string, now: string) =>
    effectOf(object('PerconaXtraDBCluster', {}), ['spec', 'pxc', 'image'], { old, new: now })
  expect(effect('docker.io/percona/pxc:8.0.42-33.1', 'docker.io/percona/pxc:8.4.7-7.1')).toBe('oneWay')
  expect(effect('docker.io/percona/pxc:8.4.5-5.1', 'docker.io/percona/pxc:8.4.7-7.1')).toBe('restart')
})
