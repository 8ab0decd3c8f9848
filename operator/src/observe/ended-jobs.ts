import { MAX_REMEMBERED_JOBS } from '../limits.ts'
import type { Change } from '../runtime/change.ts'
import { controllerOf, keyOf, type KubeObject } from '../runtime/types.ts'
import { isComplete, isFailed } from './migration.ts'
import { conditionOf } from './object-conditions.ts'
import { componentOf, containersOf } from './pods.ts'
import { remember } from '../runtime/remember.ts'

/** How a migration Job has ended. */
export interface EndedJob {
  readonly uid: string
  readonly isComplete: boolean
  readonly endedAtMs: number
}

/** How a pod of a proof has ended, by its exit code and its termination message. */
export interface ProofEnd {
  readonly exitCode: number
  readonly message: string
  /** As the kubelet says it. */
  readonly endedAt?: string | undefined
}

/**
 * Remembers how Jobs have ended, and the last words of their pods: a Job may be deleted in the moment in which it ends, by a
 * person, a policy, or `ttlSecondsAfterFinished`. It holds the newest 1000 of each.
 */
export class EndedJobs {
  readonly #jobs = new Map<string, EndedJob>()
  readonly #words = new Map<string, string>()
  readonly #proofs = new Map<string, ProofEnd & { readonly podCreated: string }>()
  readonly #refused = new Map<string, string>()

  /** Takes a change of a Job or of a pod; ignores every other one. */
  see({ object }: Change): void {
    if (object.kind === 'Job') this.#seeJob(object)
    if (object.kind === 'Pod' && componentOf(object) === 'migrate') this.#seePod(object)
    if (object.kind === 'Pod' && componentOf(object) === 'prove') this.#seeProof(object)
  }

  /** @param owner UID of the ChatApp. @param name name of the Job */
  of(owner: string, name: string): EndedJob | undefined {
    return this.#jobs.get(`${owner}/${name}`)
  }

  /** The termination message of the pod of a Job that has ended well. */
  wordsOf(job: string): string | undefined {
    return this.#words.get(job)
  }

  /** How the newest pod that has ended did, of a Job of a proof, which may be gone. */
  proofOf({ metadata: { namespace = '', name } }: KubeObject): ProofEnd | undefined {
    return this.#proofs.get(`${namespace}/${name}`)
  }

  /** Remembers that the API server does not take a Job. */
  refuse(job: KubeObject, words: string): void {
    put(this.#refused, keyOf(job), words)
  }

  refusalOf(job: KubeObject): string | undefined {
    return this.#refused.get(keyOf(job))
  }

  #seeJob(job: KubeObject): void {
    const isDone = isComplete(job)
    if (!isDone && !isFailed(job)) return
    const { uid = '', name } = job.metadata
    const condition = conditionOf(job, isDone ? 'Complete' : 'Failed')
    const atMs = Date.parse(condition?.lastTransitionTime ?? '')
    const ended = { uid, isComplete: isDone, endedAtMs: Number.isNaN(atMs) ? Date.now() : atMs }
    put(this.#jobs, `${controllerOf(job)?.uid ?? ''}/${name}`, ended)
  }

  #seePod(pod: KubeObject): void {
    const ended = containersOf(pod).find(({ state }) => state?.terminated !== undefined)?.state?.terminated
    if (ended?.exitCode === 0 && ended.message !== undefined)
      put(this.#words, controllerOf(pod)?.uid ?? '', ended.message)
  }

  #seeProof(pod: KubeObject): void {
    const ended = containersOf(pod).find(({ name }) => name === 'prove')?.state?.terminated
    const key = `${pod.metadata.namespace ?? ''}/${controllerOf(pod)?.name ?? ''}`
    const podCreated = pod.metadata.creationTimestamp ?? ''
    if (ended?.exitCode === undefined || podCreated < (this.#proofs.get(key)?.podCreated ?? '')) return
    const { exitCode, message = '', finishedAt: endedAt } = ended
    put(this.#proofs, key, { exitCode, message, endedAt, podCreated })
  }
}

function put<T>(map: Map<string, T>, key: string, value: T): void {
  remember(map, key, value, MAX_REMEMBERED_JOBS)
}
