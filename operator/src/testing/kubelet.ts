import { PODS, pathOf } from '@chat-app/chat/resources'
import { Store } from '../cache/store.ts'
import { componentOf, isTerminating } from '../observe/pods.ts'
import type { Client } from '../runtime/client.ts'
import { ApiError } from '../runtime/errors.ts'
import { at } from '../runtime/json.ts'
import { Reflector } from '../runtime/reflector.ts'
import { controllerOf, type KubeObject } from '../runtime/types.ts'

const NOW = '2026-01-01T00:00:00Z'
const RETRY_MS = 200
/** As a kubelet does, it keeps the pod of a proof that is deleted until its end is reported. */
const FINALIZER = 'example.com/kubelet'

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
  readonly #kept = new Map<string, Promise<void>>()
  readonly #reports = new Map<string, Promise<void>>()
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
    await Promise.all(this.#store.all().map((pod) => this.#release(pod)))
  }

  async #tend(pod: KubeObject): Promise<void> {
    await this.#keep(pod)
    await this.#reportInTurn(pod)
    if (isTerminating(pod)) await this.#release(pod)
  }

  async #keep(pod: KubeObject): Promise<void> {
    const { uid = '' } = pod.metadata
    if (componentOf(pod) !== 'prove' || isTerminating(pod)) return
    const kept = this.#kept.get(uid) ?? this.#finalize(pod, { finalizers: [FINALIZER] })
    this.#kept.set(uid, kept)
    await kept
  }

  async #release(pod: KubeObject): Promise<void> {
    if (this.#kept.delete(pod.metadata.uid ?? ''))
      await this.#finalize(pod, { '$deleteFromPrimitiveList/finalizers': [FINALIZER] })
  }

  async #finalize({ metadata: { namespace, name, uid } }: KubeObject, metadata: object): Promise<void> {
    const path = pathOf(PODS, namespace, name)
    const contentType = 'application/strategic-merge-patch+json'
    // A pod that is gone needs nothing.
    await this.#client
      .request({ method: 'PATCH', path, contentType, body: { metadata: { uid, ...metadata } } })
      .catch((error: unknown) => {
        if (!(error instanceof ApiError) && !this.#isStopped) throw error
      })
  }

  /** Sends one status of a pod at a time, so that the latest behaviour is stored last. */
  #reportInTurn(pod: KubeObject): Promise<void> {
    const { uid = '' } = pod.metadata
    const report = (this.#reports.get(uid) ?? Promise.resolve()).then(() => this.#report(pod))
    this.#reports.set(uid, report)
    return report
  }

  async #report(pod: KubeObject): Promise<void> {
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

/** Migrations succeed, services are ready, and proofs pass: the first part at once, the second one when it is deleted. */
export function healthy(pod: KubeObject): object {
  if (componentOf(pod) === 'prove') return isTerminating(pod) || isBefore(pod) ? succeeded(pod, PROVEN) : ready(pod)
  return componentOf(pod) === 'migrate' ? succeeded(pod, { schemaVersion: 3 }) : ready(pod)
}

/** Whether a pod is of the first part of a proof. */
export function isBefore(pod: KubeObject): boolean {
  return controllerOf(pod)?.name.includes('-prove-before-') ?? false
}

/** The termination message of a part of a proof that has passed. */
export const PROVEN = {
  verdict: 'Passed',
  message: 'every message has arrived once and in order',
  sent: 5000,
  acknowledged: 5000,
  lost: 0,
  duplicated: 0,
  reordered: 0,
  longestGapMs: 41,
  excusedMs: 0,
  reconnects: [0, 1],
  seconds: 12.3,
} as const

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
  return exited(pod, 0, message)
}

export function failed(pod: KubeObject, message: object): object {
  return exited(pod, 1, message)
}

export function crashing(pod: KubeObject, message: string): object {
  const lastState = { terminated: { exitCode: 1, reason: 'Error', message, startedAt: NOW, finishedAt: NOW } }
  const state = { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } }
  return status(pod, 'Running', 'False', { restartCount: 3, state, lastState })
}

/** Its container has ended with this code and message. */
export function exited(pod: KubeObject, exitCode: number, message: object): object {
  return status(pod, exitCode === 0 ? 'Succeeded' : 'Failed', 'False', { state: ended(exitCode, message) })
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
