import { CHAT_APPS, CONTROLLER_REVISIONS, EVENTS, NETWORK_POLICIES, SERVICES } from '@chat-app/chat/resources'
import { crd, type ChatAppSpecInput } from '@chat-app/crds'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { componentOf } from '../src/observe/pods.ts'
import type { RunningOperator } from '../src/run.ts'
import { at } from '../src/runtime/json.ts'
import type { KubeObject } from '../src/runtime/types.ts'
import { eventually } from '../src/testing/chat.ts'
import { healthy } from '../src/testing/kubelet.ts'
import { aged } from '../src/testing/recording/aged.ts'
import { FOREIGN_KINDS, LAST_VERSION } from '../src/testing/recording/inputs.ts'
import { applyGiven } from '../src/testing/recording/prepare.ts'
import { startRecorded, type RecordedChat } from '../src/testing/recording/recorded-chat.ts'
import { recordings } from '../src/testing/recording/recordings.ts'

const MONITORS = FOREIGN_KINDS.find(({ kind }) => kind === 'ServiceMonitor')!

type Windows = NonNullable<NonNullable<ChatAppSpecInput['rollout']>['schedule']>

const WEEK = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const OPEN = ['00:00', '12:00'].map((start) => ({ days: [...WEEK], start, durationMinutes: 1440, timeZone: 'UTC' }))
const CLOSED: Windows = [
  { days: [WEEK[(new Date().getUTCDay() + 3) % 7]!], start: '00:00', durationMinutes: 60, timeZone: 'UTC' },
]

const left = recordings().flatMap((recording) => [
  { what: `what the operator of ${recording.release} left`, recording },
  { what: `what the operator of ${recording.release} left, with other ports`, recording: aged(recording) },
])

describe.each(left)('$what', ({ recording }) => {
  let recorded: RecordedChat
  let operator: RunningOperator
  beforeAll(async () => void (recorded = await startRecorded(recording)))
  afterAll(() => recorded?.stop())

  test('keeps its pods when this operator takes over', async () => {
    const { chat, names } = recorded
    operator = await chat.operator()
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
        .filter(({ metadata }) => !/-(migrate|prove)$/.test(metadata.name))
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

  test('takes what this operator renders in a window of the schedule alone, and goes on after it', async () => {
    const { chat, names, recordedPods } = recorded
    const name = names[0]!
    const numberOfRecords = async () =>
      (await chat.list(CONTROLLER_REVISIONS)).filter(({ metadata }) => metadata.name.startsWith(`${name}-`)).length
    const edit = (rollout: object) => chat.edit(CHAT_APPS, name, { spec: { rollout } })
    await operator.stop()
    await applyGiven(chat.client, crd())
    await eventually(async () => at(await edit({ schedule: CLOSED }), 'spec', 'rollout', 'schedule') !== undefined)
    await edit({ operatorUpdates: 'Auto' })
    const before = await numberOfRecords()
    operator = await chat.operator()
    await eventually(async () =>
      expect(await chat.condition('UpdateAvailable', name)).toMatchObject({ reason: 'WaitingForWindow' }),
    )
    expect([await numberOfRecords(), await recorded.pods()]).toEqual([before, recordedPods])

    chat.kubelet.behave((pod) => (componentOf(pod) === 'migrate' ? undefined : healthy(pod)))
    await edit({ schedule: OPEN })
    await eventually(async () => expect(await numberOfRecords()).toBe(before + 1))
    await edit({ schedule: CLOSED })
    const { generation } = (await chat.get(CHAT_APPS, name))!.metadata
    await eventually(async () => expect((await chat.status(name)).observedGeneration).toBe(generation))
    chat.kubelet.behave(healthy)
    await chat.reason('Ready', name)
    expect(await chat.condition('UpdateAvailable', name)).toBeUndefined()
    const { templates } = await recorded.pods()
    for (const service of [`${name}-api`, `${name}-websocket`])
      expect(templates[service]).not.toEqual(recordedPods.templates[service])
  })

  test('has its pods replaced at once for an urgent fix, once, with an event', async () => {
    const { chat, names, recordedPods } = recorded
    const [updated, kept] = [names[0]!, names[1]!]
    const service = `${kept}-api`
    const { templates: before } = await recorded.pods()
    expect(before[service]).toEqual(recordedPods.templates[service])
    await operator.stop()
    await chat.operator({ urgentFixes: [{ fault: 'the API trusts every proxy', fixedIn: '999.0.0' }] })
    await eventually(async () =>
      expect((await recorded.pods()).templates[service]).not.toEqual(recordedPods.templates[service]),
    )
    await chat.reason('Ready', kept)
    expect((await recorded.pods()).templates[`${updated}-api`]).toEqual(before[`${updated}-api`])
    const urgent = (await chat.list(EVENTS)).filter((event) => event['reason'] === 'UrgentUpdate')
    expect(urgent.map((event) => [at(event, 'regarding', 'name'), event['note']])).toContainEqual([
      kept,
      expect.stringContaining('the API trusts every proxy'),
    ])
    expect(urgent.map((event) => at(event, 'regarding', 'name'))).not.toContain(updated)
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
