import { single, regional, sentinel } from '../../testing/environments.ts'
import { describe, expect, test } from 'vitest'
import { activeCluster, clustersOf } from '../../check/clusters.ts'
import { one, type Loose } from '@chat-app/chat/testing'
import { applied } from '../../bundle.ts'
import type { PxcValues } from '../../environment/database.ts'
import { edges } from '../policies/edges.ts'
import { EnvironmentError, type Environment } from '../../environment/environment.ts'

const cluster = activeCluster(regional)
const objects = applied(cluster)
const monitors = objects.filter(({ kind }) => kind === 'ServiceMonitor' || kind === 'PodMonitor') as Loose[]

describe('Prometheus', () => {
  const { spec } = one(objects, 'Prometheus', 'watch')

  test('selects everything of the platform by the documented label, in the namespaces of the platform', () => {
    for (const kind of ['serviceMonitor', 'podMonitor', 'rule', 'scrapeConfig']) {
      expect(spec[`${kind}Selector`]).toEqual({ matchLabels: { app: 'chat-app' } })
      const [{ values }] = spec[`${kind}NamespaceSelector`].matchExpressions
      expect(values).toEqual(['chat', 'data', 'files', 'metrics', 'ops'])
    }
    const kinds = new Set(['ServiceMonitor', 'PodMonitor', 'ScrapeConfig', 'PrometheusRule'])
    const taken = objects.filter(({ kind }) => kinds.has(kind))
    expect(taken.length).toBeGreaterThan(15)
    for (const { metadata } of taken) expect(metadata.labels).toMatchObject({ app: 'chat-app' })
  })

  test('may discover the targets of its monitors, with a ServiceAccount of its own', () => {
    const roles = objects.filter(({ kind, metadata }) => kind === 'RoleBinding' && metadata.name === 'prometheus')
    const readable = roles.map(({ metadata }) => metadata.namespace)
    const asked = monitors.flatMap(({ spec: monitor }) => monitor.namespaceSelector.matchNames)
    // The operator makes the monitors of the ChatApps.
    expect(new Set(readable)).toEqual(new Set([...asked, 'chat']))
    const { serviceAccountName } = spec
    for (const role of roles as Loose[])
      expect(role.subjects[0]).toMatchObject({ name: serviceAccountName, namespace: 'metrics' })
  })

  test('survives the failure of a node, as does Alertmanager, to which it sends alerts', () => {
    const manager = one(objects, 'Alertmanager', 'watch')
    expect([spec.replicas, manager.spec.replicas]).toEqual([2, 2])
    for (const { affinity } of [spec, manager.spec]) {
      const [term] = affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution
      expect(term.topologyKey).toBe('kubernetes.io/hostname')
    }
    const budgets = objects.filter(
      ({ kind, metadata }) => kind === 'PodDisruptionBudget' && metadata.namespace === 'metrics',
    )
    expect(budgets).toHaveLength(2)
    expect(spec.alerting.alertmanagers).toEqual([{ namespace: 'metrics', name: 'alertmanager-operated', port: 'web' }])
    expect(manager.spec.configSecret).toBe('receivers')
  })
})

describe('every part', () => {
  test('has a monitor with one endpoint', () => {
    const names = [
      'alertmanager',
      'files',
      'db',
      'db-haproxy',
      'db-pitr',
      'chat-app-operator',
      'queues',
      'cache',
      'kubelet',
      'prometheus',
    ]
    expect(new Set(monitors.map(({ metadata }) => metadata.name))).toEqual(new Set(names))
    for (const { spec } of monitors) expect([spec.endpoints ?? spec.podMetricsEndpoints].flat()).toHaveLength(1)
  })

  test('of the object storage is found by the label of its Service and the name of the port', () => {
    const { spec } = one(objects, 'ServiceMonitor', 'files')
    expect(spec.selector).toEqual({ matchLabels: { 'v1.min.io/tenant': 'files' } })
    expect(spec.endpoints).toMatchObject([{ port: 'https-minio' }])
  })

  test('finds each pod once, by the name of a port, which init containers do not have', () => {
    const named = monitors.map(({ metadata, spec }) => {
      const [{ port, relabelings = [] }] = spec.endpoints ?? spec.podMetricsEndpoints
      const kept = relabelings.find(({ action }: Loose) => action === 'keep')
      return [metadata.name, port !== undefined || kept?.sourceLabels[0].endsWith('_port_name') === true]
    })
    expect(named.filter(([, isNamed]) => isNamed !== true)).toEqual([])
  })

  test('has metrics of its certificates in every namespace', () => {
    const { spec } = one(objects, 'ScrapeConfig', 'cert-manager')
    const [{ action, sourceLabels, regex }] = spec.metricRelabelings
    expect([action, sourceLabels]).toEqual(['keep', ['namespace']])
    const namespaces = objects.flatMap(({ kind, metadata }) => (kind === 'Certificate' ? metadata.namespace : []))
    expect(namespaces).toContain('cert-manager')
    expect(regex.split('|')).toEqual(expect.arrayContaining([...namespaces, 'collectors']))
  })

  test('can be reached by Prometheus through the network policies', () => {
    const ports = edges(cluster).flatMap(({ from, ports }) =>
      'name' in from && from.name === 'prometheus' ? ports : [],
    )
    expect(ports).toEqual(expect.arrayContaining([9090, 9104, 8404, 8080, 9121, 15_691, 9000, 9093, 10_250, 9402]))
  })

  test('has the alert on a missing collector only in the region that takes the writes', () => {
    const named = clustersOf(regional).map((each) => [
      each.region?.isActive,
      JSON.stringify(applied(each)).includes('"alert":"BinlogCollectorMissing"'),
    ])
    expect(named).toEqual([
      [true, true],
      [false, false],
    ])
    const withoutLog = JSON.stringify(applied(activeCluster(sentinel)))
    expect(withoutLog).not.toContain('Binlog')
  })

  test('has the alerts of its kind only', () => {
    const text = (environment: Environment) => JSON.stringify(applied(activeCluster(environment)))
    expect(text(regional)).toMatch(/VaultTokenNotRenewed.*RedisMasterMoved|RedisMasterMoved.*VaultTokenNotRenewed/)
    const { vaultSecret: _, ...unencrypted } = regional.database as PxcValues
    expect(text({ ...regional, database: unencrypted })).not.toMatch(/VaultTokenNotRenewed|kube_cronjob/)
    // With Sentinels, any pod may be the master.
    expect(text(sentinel)).not.toContain('RedisMasterMoved')
  })

  test('has alerts only where the environment has it', () => {
    const groups = (environment: Environment) =>
      applied(activeCluster(environment)).flatMap(({ kind, metadata }) =>
        kind === 'PrometheusRule' ? [metadata.name] : [],
      )
    expect(groups(regional)).toEqual(
      expect.arrayContaining(['backup', 'logs', 'secrets'].map((name) => `chat-app-${name}`)),
    )
    // It has neither logs nor Vault.
    expect(groups(sentinel)).not.toContain('chat-app-logs')
    expect(groups(sentinel)).not.toContain('chat-app-secrets')
    const { storage: _, database, ...rest } = sentinel
    const { backup: __, ...unsaved } = database as PxcValues
    const without = groups({ ...rest, database: unsaved })
    expect(without).not.toContain('chat-app-storage')
    expect(without).not.toContain('chat-app-backup')
    expect(groups(single)).toEqual([])
  })
})

test.each([
  ['retention', 'a fortnight', 'must be a duration such as 15d'],
  ['retentionSize', '80Gi', 'must be a size such as 80GB'],
  ['version', 'latest', 'must be a release such as v3.5.0'],
  ['runbookUrl', 'https://example.com/', 'must not end in /'],
  ['kubeStateMetrics', 'http://somewhere', 'must be the host and port of a Service'],
  ['certManager', 'cert-manager', 'must be the host and port of a Service'],
])('%s = %s is rejected', (field, value, rule) => {
  const values = { ...regional, monitoring: { ...regional.monitoring, [field]: value } } as Environment
  expect(() => clustersOf(values)).toThrow(EnvironmentError)
  expect(() => clustersOf(values)).toThrow(new RegExp(`monitoring\\.${field}.*${rule}`))
})
