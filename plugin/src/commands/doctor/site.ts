import type { KubernetesObject, Model } from '@chat-app/chat'
import type { ChatApp } from '@chat-app/crds'
import type { Cluster } from '../../cluster/cluster.ts'
import type { OperatorFound } from './operator.ts'
import type { Finding } from './finding.ts'

/** The ChatApp that is examined. */
export interface Subject {
  readonly chatApp: ChatApp & { readonly metadata: { readonly namespace: string } }
  /** Whether it comes from a file, and is not applied yet. */
  readonly isFile: boolean
  /** Undefined where it is too faulty to have one. */
  readonly model: Model | undefined
  /** What is wrong with its spec. */
  readonly faults: readonly string[]
  /** What the operator would create. */
  readonly objects: readonly KubernetesObject[]
}

/** What a check looks at. */
export interface Site extends Subject {
  readonly cluster: Cluster
  readonly namespace: string
  readonly name: string
  readonly model: Model
  readonly now: Date
  readonly operators: () => Promise<OperatorFound>
}

export interface Check {
  readonly name: string
  readonly run: (site: Site) => Promise<readonly Finding[]> | readonly Finding[]
}
