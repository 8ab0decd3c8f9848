import { regional, full } from '../../testing/environments.ts'
import { describe, expect, test } from 'vitest'
import { activeCluster } from '../../check/clusters.ts'
import { one, type Loose } from '@chat-app/chat/testing'
import { applied } from '../../bundle.ts'
import { closedNamespaces } from '../policies/namespaces.ts'
import type { Environment } from '../../environment/environment.ts'
import type { LogsValues } from '../../environment/logs.ts'

const values = regional.logs
if (values === undefined) throw new Error('prod has no logs')
const objects = (environment: Environment) => applied(activeCluster(environment)) as Loose[]
const withLogs = (logs: Partial<LogsValues>) => objects({ ...regional, logs: { ...values, ...logs } })

describe('the collector', () => {
  const beat = one(objects(regional), 'Beat', 'logs')
  const pod = beat.spec.daemonSet.podTemplate.spec

  test('is alone in the only privileged namespace', () => {
    const levels = objects(regional)
      .filter(({ kind }) => kind === 'Namespace')
      .map(({ metadata }) => [metadata.name, metadata.labels['pod-security.kubernetes.io/enforce']])
    expect(levels.filter(([, level]) => level === 'privileged')).toEqual([['collectors', 'privileged']])
    const there = objects(regional).filter(({ metadata }) => metadata.namespace === 'collectors')
    expect(there.filter(({ spec }) => spec?.template !== undefined || spec?.daemonSet !== undefined)).toEqual([beat])
  })

  test('reads the log files of the node, and has no other privileges', () => {
    const paths = pod.volumes.flatMap(({ hostPath }: Loose) => (hostPath === undefined ? [] : [hostPath.path]))
    expect(paths).toEqual(['/var/log/containers', '/var/log/pods'])
    const [container] = pod.containers
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      privileged: false,
      capabilities: { drop: ['ALL'] },
    })
    for (const { readOnly } of container.volumeMounts) expect(readOnly).toBe(true)
  })

  test("reads the logs of the platform's namespaces only", () => {
    const [{ templates }] = beat.spec.config['filebeat.autodiscover.providers']
    const followed = templates[0].condition.or.map(({ equals }: Loose) => equals['kubernetes.namespace'])
    expect(followed).toEqual(closedNamespaces(activeCluster(regional)))
  })

  test('parses JSON objects into a field of their own, with one type', () => {
    const { 'filebeat.autodiscover.providers': providers, 'setup.template': template } = beat.spec.config
    const [input] = providers[0].templates[0].config
    expect(input.parsers).toEqual([{ container: {} }])
    const [{ decode_json_fields: decoding }] = input.processors
    expect(template.append_fields).toEqual([{ name: decoding.target, type: 'flattened' }])
    const isObject = new RegExp(decoding.when.regexp.message)
    const lines = ['{"level":30}', '{}', '12', '"text"', '[1]', 'null', 'a {"level":30}']
    expect(lines.filter((line) => isObject.test(line))).toEqual(['{"level":30}', '{}'])
  })

  test('reads files that are shorter than the 1024 bytes by which Filebeat tells files apart', () => {
    const [{ templates }] = beat.spec.config['filebeat.autodiscover.providers']
    expect(templates[0].config).toMatchObject([{ 'prospector.scanner.fingerprint.length': 64 }])
  })
})

test('logs are kept for the days of the values', () => {
  const days = (environment: Environment) => {
    const { data } = one(objects(environment), 'ConfigMap', 'log-collector')
    const { hot, delete: gone } = JSON.parse(data['retention.json']).policy.phases
    return [hot.actions.rollover, gone.min_age]
  }
  expect(days(full)).toEqual([{ max_age: '1d', max_primary_shard_size: '10gb' }, '14d'])
  expect(days({ ...full, logs: { ...full.logs, keepDays: 7 } })[1]).toBe('7d')
})

test.each([
  [
    { elasticsearch: { ...values.elasticsearch, nodes: 2 } },
    'logs.elasticsearch.nodes: must not be 2: if one node fails, the other has no majority (it is 2)',
  ],
  [
    { collector: { ...values.collector, namespace: 'logs' } },
    'logs.collector.namespace: must differ from logs.namespace',
  ],
  [{ indexSize: '20Gi' }, 'logs.indexSize: must be a size as Elasticsearch writes it, such as 20gb (it is "20Gi")'],
  [{ keepDays: 0 }, 'logs.keepDays: must be at least 1 (it is 0)'],
])('%j is rejected', (logs, message) => {
  expect(() => withLogs(logs as Partial<LogsValues>)).toThrow(message)
})
