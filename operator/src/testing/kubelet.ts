import { PODS, pathOf } from '@chat-app/chat/resources'
import { Store } from '../cache/store.ts'
import { componentOf } from '../observe/pods.ts'
import type { Client } from '../runtime/client.ts'
import { ApiError } from '../runtime/errors.ts'
import { at } from '../runtime/json.ts'
import { Reflector } from '../runtime/reflector.ts'
import type { KubeObject } from '../runtime/types.ts'

const NOW = '2026-01-01T00:00:00Z'
const RETRY_MS = 200

/** The status of a pod; undefined leaves the pod as it is. */
export type Behaviour = (pod: KubeObject) => object | undefined

/**
 * Simulates the kubelet: sets the status of every pod of a namespace as its behaviour says. The real controllers do the
 * rest, such as completing Jobs.
 */
export class Kubelet {
  readonly #client: Client
  readonly #store = new Store()
  readonly #reflector: Reflector
  readonly #done = new Map<string, string>()
  #behaviour: Behaviour = healthy
  #isStopped = false

  constructor(client: Client, namespace: string) {
    this.#client = client
    this.#reflector = new Reflector({
      client,
      resource: PODS,
      namespace,
      store: this.#store,
      onChange: ({ type, object }) => {
        if (type !== 'deleted') void this.#tend(object)
      },
    })
    this.#reflector.start()
  }

  /** Sets the behaviour of all pods, also of those that exist. */
  behave(behaviour: Behaviour): void {
    this.#behaviour = behaviour
    for (const pod of this.#store.all()) void this.#tend(pod)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#reflector.stop()
  }

  async #tend(pod: KubeObject): Promise<void> {
    const status = this.#behaviour(pod)
    const { uid = '', namespace = '', name } = pod.metadata
    const text = JSON.stringify(status)
    if (status === undefined || this.#done.get(uid) === text || isOver(pod)) return
    this.#done.set(uid, text)
    try {
      await this.#client.request({
        method: 'PATCH',
        path: pathOf(PODS, namespace, name, 'status'),
        contentType: 'application/merge-patch+json',
        body: { status },
      })
    } catch (error) {
      this.#done.delete(uid)
      // A pod that was deleted needs no status; while the API server cannot be reached, the request is repeated.
      if (!(error instanceof ApiError) && !this.#isStopped) setTimeout(() => this.#repeat(pod), RETRY_MS)
    }
  }

  #repeat(pod: KubeObject): void {
    const present = this.#store.get(pod.metadata.namespace ?? '', pod.metadata.name)
    if (present !== undefined) void this.#tend(present)
  }
}

/** Migrations succeed, services are ready. */
export function healthy(pod: KubeObject): object {
  return componentOf(pod) === 'migrate' ? succeeded(pod, { schemaVersion: 3 }) : ready(pod)
}

export function ready(pod: KubeObject): object {
  return status(pod, 'Running', 'True', { ready: true, state: { running: { startedAt: NOW } } })
}

/** Runs and is not ready, at an address where a test serves its health endpoint. */
export function unready(pod: KubeObject, podIP: string): object {
  return {
    ...status(pod, 'Running', 'False', { state: { running: { startedAt: NOW } } }),
    podIP,
    podIPs: [{ ip: podIP }],
  }
}

/** Has just begun to run and was never ready, at an address where a test serves its health endpoint. */
export function starting(pod: KubeObject, podIP: string, startedAt = pod.metadata.creationTimestamp): object {
  return { ...status(pod, 'Running', 'False', { state: { running: { startedAt } } }), podIP, podIPs: [{ ip: podIP }] }
}

export function waiting(pod: KubeObject, reason: string, message: string): object {
  return status(pod, 'Pending', 'False', { state: { waiting: { reason, message } } })
}

export function succeeded(pod: KubeObject, message: object): object {
  return status(pod, 'Succeeded', 'False', { state: ended(0, message) })
}

export function failed(pod: KubeObject, message: object): object {
  return status(pod, 'Failed', 'False', { state: ended(1, message) })
}

export function crashing(pod: KubeObject, message: string): object {
  const lastState = { terminated: { exitCode: 1, reason: 'Error', message, startedAt: NOW, finishedAt: NOW } }
  const state = { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } }
  return status(pod, 'Running', 'False', { restartCount: 3, state, lastState })
}

function ended(exitCode: number, message: object) {
  const reason = exitCode === 0 ? 'Completed' : 'Error'
  return { terminated: { exitCode, reason, message: JSON.stringify(message), startedAt: NOW, finishedAt: NOW } }
}

function status(pod: KubeObject, phase: string, readiness: string, container: object): object {
  const time = new Date().toISOString().replace(/\.\d+Z/, 'Z')
  const condition = { type: 'Ready', status: readiness, lastTransitionTime: stableTime(pod, time) }
  const image = at<string>(pod, 'spec', 'containers', 0, 'image') ?? ''
  const name = at<string>(pod, 'spec', 'containers', 0, 'name') ?? ''
  const status = { name, image, imageID: '', ready: false, restartCount: 0, ...container }
  return { phase, conditions: [condition], containerStatuses: [status], startTime: NOW }
}

/** The creation of the pod, so that the same behaviour gives the same status. */
function stableTime(pod: KubeObject, fallback: string): string {
  return pod.metadata.creationTimestamp ?? fallback
}

function isOver(pod: KubeObject): boolean {
  return ['Succeeded', 'Failed'].includes(at<string>(pod, 'status', 'phase') ?? '')
}
