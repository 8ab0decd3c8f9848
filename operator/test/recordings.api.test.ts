import { NETWORK_POLICIES, SERVICES } from '@chat-app/chat/resources'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { at } from '../src/runtime/json.ts'
import type { KubeObject } from '../src/runtime/types.ts'
import { aged } from '../src/testing/recording/aged.ts'
import { FOREIGN_KINDS, LAST_VERSION } from '../src/testing/recording/inputs.ts'
import { startRecorded, type RecordedChat } from '../src/testing/recording/recorded-chat.ts'
import { recordings } from '../src/testing/recording/recordings.ts'

const MONITORS = FOREIGN_KINDS.find(({ kind }) => kind === 'ServiceMonitor')!

const left = recordings().flatMap((recording) => [
  { what: `what the operator of ${recording.release} left`, recording },
  { what: `what the operator of ${recording.release} left, with other ports`, recording: aged(recording) },
])

describe.each(left)('$what', ({ recording }) => {
  let recorded: RecordedChat
  beforeAll(async () => void (recorded = await startRecorded(recording)))
  afterAll(() => recorded?.stop())

  test('keeps its pods when this operator takes over', async () => {
    const { chat, names } = recorded
    await chat.operator()
    for (const name of names) {
      await recorded.repairsAndScales(name, 4)
      await chat.reason('Ready', name)
    }
    expect(await recorded.pods()).toEqual(recorded.recordedPods)
    const versions = await Promise.all(names.map(async (name) => (await chat.status(name)).version))
    expect(versions).toEqual(names.map(() => LAST_VERSION))
  })

  test('has Services, NetworkPolicies and monitors whose ports are in the pods', async () => {
    const { chat } = recorded
    const pods = Object.values(recorded.recordedPods.templates)
    const services = await chat.list(SERVICES)
    const missing = [
      ...services.flatMap((service) => missingPorts(pods, service, 'targetPort', ['spec', 'selector'])),
      ...(await chat.list(NETWORK_POLICIES))
        .filter(({ metadata }) => !metadata.name.endsWith('-migrate'))
        .flatMap((policy) => missingPorts(pods, policy, 'port', ['spec', 'podSelector', 'matchLabels'])),
      ...(await chat.list(MONITORS)).flatMap((monitor) => {
        const endpoints = at<{ port: string }[]>(monitor, 'spec', 'endpoints') ?? []
        const ports = services
          .filter(({ metadata }) => selects(at(monitor, 'spec', 'selector', 'matchLabels'), metadata.labels))
          .flatMap((service) => at<{ name: string }[]>(service, 'spec', 'ports') ?? [])
        const isKnown = ({ port }: { port: string }) => ports.some(({ name }) => name === port)
        return endpoints.filter((endpoint) => !isKnown(endpoint)).map(({ port }) => `${monitor.metadata.name} ${port}`)
      }),
    ]
    expect(missing).toEqual([])
  })
})

/** The ports of an object, at any depth below `spec`, that no container of the pods that it selects has. */
function missingPorts(
  pods: readonly unknown[],
  object: KubeObject,
  field: string,
  selector: readonly string[],
): string[] {
  const selected = pods.filter((pod) => selects(at(object, ...selector), at(pod, 'metadata', 'labels')))
  const ports = new Set(selected.flatMap(portsOf))
  expect(selected).toHaveLength(1)
  return valuesOf(object['spec'], field)
    .filter((port) => !ports.has(port))
    .map((port) => `${object.kind} ${object.metadata.name} ${String(port)}`)
}

/** Numbers and names. */
function portsOf(pod: unknown): unknown[] {
  const containers = at<{ ports?: { name: string; containerPort: number }[] }[]>(pod, 'spec', 'containers') ?? []
  return containers.flatMap(({ ports = [] }) => ports.flatMap(({ name, containerPort }) => [name, containerPort]))
}

function selects(selector: Record<string, string> = {}, labels: Record<string, string> = {}): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value)
}

function valuesOf(value: unknown, field: string): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, below]) =>
    name === field && typeof below !== 'object' ? [below] : valuesOf(below, field),
  )
}
