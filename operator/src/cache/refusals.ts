import { MAX_REFUSALS } from '../limits.ts'
import type { Change, ObjectStore } from '../runtime/change.ts'
import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { remember } from '../runtime/remember.ts'

/** Why a pod of a Job or a Deployment was last refused. */
export interface Refusal {
  /** UID of the object that could not create the pod: the Job, or a ReplicaSet of the Deployment. */
  readonly uid: string
  /** The words of the quota, the webhook or the policy. */
  readonly words: string
  /** Milliseconds since 1970, in whole seconds. */
  readonly atMs: number
}

interface Regarding {
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
  readonly uid?: string
}

const PREFIX = /^(\(combined from similar events\): )?(Error creating: )?(pods? "[^"]*" is (forbidden|invalid): )?/i

/**
 * Takes a stream of the Events `FailedCreate`, and keeps the last refusal of each child, not the Events. A refusal stays
 * when its Event expires: whether it still holds is seen at the child.
 */
export class Refusals implements ObjectStore {
  readonly #last = new Map<string, Refusal>()

  /** The last refusal of a pod of a Job or a Deployment. */
  of({ kind, metadata: { namespace = '', name } }: KubeObject): Refusal | undefined {
    return this.#last.get(`${kind} ${namespace}/${name}`)
  }

  upsert(event: KubeObject): Change[] {
    const child = refusedChild(event)
    if (child === undefined) return []
    const refusal = refusalIn(event)
    const last = this.#last.get(child)
    if (last !== undefined && last.atMs > refusal.atMs) return []
    remember(this.#last, child, refusal, MAX_REFUSALS)
    return [{ type: 'added', object: event }]
  }

  remove(): Change[] {
    return []
  }

  replace(events: readonly KubeObject[]): Change[] {
    return events.flatMap((event) => this.upsert(event))
  }
}

/** `Kind namespace/name` of the child whose pod an Event is about. A ReplicaSet has the name of its Deployment and a hash. */
export function refusedChild(event: KubeObject): string | undefined {
  const { kind, namespace = '', name = '' } = at<Regarding>(event, 'regarding') ?? {}
  if (kind === 'Job') return `Job ${namespace}/${name}`
  return kind === 'ReplicaSet' ? `Deployment ${namespace}/${name.replace(/-[^-]*$/, '')}` : undefined
}

function refusalIn(event: KubeObject): Refusal {
  const times = [['series', 'lastObservedTime'], ['deprecatedLastTimestamp'], ['eventTime']]
  const seen = times.map((path) => Date.parse(at<string>(event, ...path) ?? '')).find((ms) => !Number.isNaN(ms)) ?? 0
  // Pods have no fraction of a second in their times.
  const uid = at<Regarding>(event, 'regarding')?.uid ?? ''
  return { uid, words: wordsOf(at<string>(event, 'note') ?? ''), atMs: Math.floor(seen / 1000) * 1000 }
}

/** The words of a refusal without the name of the pod, which is another one with each attempt. */
export function wordsOf(note: string): string {
  return note.replace(PREFIX, '')
}
