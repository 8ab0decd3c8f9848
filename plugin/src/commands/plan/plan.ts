import type { Component } from '@chat-app/chat'
import type { Difference } from './differences.ts'
import type { Quota } from './quota.ts'

/** What happens to the pods of a service. */
export interface ServiceChange {
  readonly component: Component
  readonly deployment: string
  /**
   * `Restart`: other pods replace them. `Template`: without pods, as while hibernated. `Start`, `Stop`: the service is new, or is no
   * longer wanted, or its number of pods begins or ends at 0.
   */
  readonly effect: 'Restart' | 'Template' | 'Start' | 'Stop'
  /** Pods now, and pods that are wanted. */
  readonly pods: readonly [now: number, wanted: number]
  /** Fields of the pod template that change. */
  readonly why: readonly Difference[]
}

export interface ObjectChange {
  readonly action: 'create' | 'update' | 'delete'
  readonly kind: string
  readonly name: string
  readonly fields: readonly Difference[]
}

/** What would follow, and `kubectl chatapp plan -o json` prints. */
export interface Plan {
  readonly name: string
  readonly namespace: string
  /** Version of the operator. */
  readonly operator: string
  /** Fields of the spec, and annotations by which a person decides. */
  readonly changes: readonly Difference[]
  /** The release that runs then. */
  readonly release: {
    readonly number: number
    readonly version: string
    readonly isNew: boolean
    readonly why?: string
  }
  /** Why nothing follows. */
  readonly held?: string
  /** Why the operator would refuse it, and wait for another change. */
  readonly refusal?: string
  /** In the order in which the operator writes their Deployments. */
  readonly services: readonly ServiceChange[]
  /** Objects that follow at once. */
  readonly objects: readonly ObjectChange[]
  /** The steps of a rollout, in their order. */
  readonly steps: readonly string[]
  readonly quota?: Quota
  readonly connections?: Connections
  /** What the migration of the release will do. */
  readonly migration?: string
  /** What depends on what a plan does not know. */
  readonly unpredicted: readonly string[]
}

/** WebSocket connections that move to other pods. */
export interface Connections {
  /** Those that are open now; undefined when they are not known. */
  readonly open?: number
  /** The share of the pods that stop, from 0 to 1. */
  readonly share: number
  readonly periodSeconds: number
  readonly perSecond?: number
}

/** Whether anything follows, or the ChatApp itself changes. */
export function isEmpty({ changes, services, objects }: Plan): boolean {
  return changes.length + services.length + objects.length === 0
}
