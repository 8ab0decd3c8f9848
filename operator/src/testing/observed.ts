import { model, type Model } from '@chat-app/chat'
import type { ChatAppSpecInput } from '@chat-app/crds'
import { observe, type Observed, type Sources } from '../observe/observed.ts'
import type { KubeObject } from '../runtime/types.ts'

/** The observation of a ChatApp that is ready; a test changes the parts that it is about. */
export function observed(changes: Partial<Sources> = {}, spec: Partial<ChatAppSpecInput> = {}): Observed {
  return observe({
    model: chatModel(spec),
    secretFaults: [],
    clusterFaults: [],
    release: undefined,
    job: job('Complete'),
    deployments: { api: deployment('api', 1), websocket: deployment('websocket', 2) },
    pods: [pod('api'), pod('websocket'), migratePod({ exitCode: 0, message: '{"schemaVersion":3}' })],
    autoscalers: {},
    health: [],
    refusals: {},
    ...changes,
  })
}

export function chatModel(spec: Partial<ChatAppSpecInput> = {}): Model {
  return model({
    apiVersion: 'chat-app.com/v1alpha1',
    kind: 'ChatApp',
    metadata: { name: 'chat', namespace: 'ns' },
    spec: { version: '1.0.0', api: { replicas: 1 }, websocket: { replicas: 2 }, ...spec },
  })
}

export function job(condition?: 'Complete' | 'Failed', message = ''): KubeObject {
  const conditions = condition === undefined ? [] : [{ type: condition, status: 'True', reason: 'Because', message }]
  const metadata = { name: 'chat-migrate-1', namespace: 'ns', uid: 'u-job' }
  return { apiVersion: 'batch/v1', kind: 'Job', metadata, status: { conditions } }
}

/** A Deployment of which all `replicas` are available, or only `available` of them. */
export function deployment(component: string, replicas: number, changes: object = {}): KubeObject {
  const counts = { replicas, updatedReplicas: replicas, readyReplicas: replicas, availableReplicas: replicas }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `chat-${component}`, namespace: 'ns', generation: 2 },
    spec: { replicas },
    status: {
      observedGeneration: 2,
      ...counts,
      conditions: [{ type: 'Available', status: 'True' }],
      ...changes,
    },
  }
}

interface PodChanges {
  readonly name?: string
  readonly created?: string
  readonly phase?: string
  readonly isReady?: boolean
  /** When the condition `Ready` has changed. */
  readonly readyAt?: string
  readonly container?: object
  readonly conditions?: readonly object[]
  readonly leaving?: boolean
}

export function pod(component: string, changes: PodChanges = {}): KubeObject {
  const { name = `chat-${component}-1`, created = '2026-01-01T00:00:00Z', phase = 'Running', isReady = true } = changes
  const metadata: KubeObject['metadata'] = {
    name,
    namespace: 'ns',
    creationTimestamp: created,
    labels: { 'app.kubernetes.io/component': component },
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'chat-migrate-1', uid: 'u-job', controller: true }],
    ...(changes.leaving === true && { deletionTimestamp: '2026-01-02T00:00:00Z' }),
  }
  const ready = { type: 'Ready', status: isReady ? 'True' : 'False' }
  const conditions = [
    changes.readyAt === undefined ? ready : { ...ready, lastTransitionTime: changes.readyAt },
    ...(changes.conditions ?? []),
  ]
  const container = { name: component, ready: isReady, restartCount: 0, ...changes.container }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: {
      containers: [{ name: component, image: 'registry/image:1', ports: [{ name: 'http', containerPort: 8080 }] }],
    },
    status: { phase, conditions, containerStatuses: [container] },
  }
}

export function migratePod(terminated: { exitCode: number; message: string }): KubeObject {
  const phase = terminated.exitCode === 0 ? 'Succeeded' : 'Failed'
  return pod('migrate', { phase, isReady: false, container: { state: { terminated } } })
}
