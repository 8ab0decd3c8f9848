import type { Component, Model } from '@chat-app/chat'
import type { Health } from '../health.ts'
import type { KubeObject } from '../kube/types.ts'
import type { SecretFault } from '../secrets.ts'

/** What conditions are computed from: nothing but what was observed, so the same observation gives the same status. */
export interface Observed {
  readonly model: Model
  readonly secretFaults: readonly SecretFault[]
  /** Resources of other operators that are not ready, in words. */
  readonly clusterFaults: readonly string[]
  /** The migration Job of the desired release, as it was last seen. */
  readonly job: KubeObject | undefined
  readonly deployments: Readonly<Partial<Record<Component, KubeObject>>>
  readonly pods: readonly KubeObject[]
  readonly health: readonly Health[]
}

/** A condition without what only the former status knows. */
export interface Verdict {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  /** One word in CamelCase. */
  readonly reason: string
  /** A sentence for a person that names the blocker. */
  readonly message: string
}

/** Why something is not as desired. */
export interface Blocker {
  readonly reason: string
  readonly message: string
}

export const COMPONENTS: readonly Component[] = ['api', 'websocket']
