import type { ObjectCondition } from '@chat-app/chat/object-conditions'
import type { ChatAppStatus, ChatAppSpecDefaulted } from '@chat-app/crds'

/** The parts of Kubernetes' objects that the commands read. The API server validates all of them. */
export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
}

interface Metadata {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly generation?: number
  readonly creationTimestamp: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string }[]
}

/** A ChatApp as the API server has stored it, with every default. */
export interface StoredChatApp extends KubeObject {
  readonly spec: ChatAppSpecDefaulted
  readonly status?: ChatAppStatus
}

export interface Deployment extends KubeObject {
  readonly spec: { readonly replicas?: number }
  readonly status?: {
    readonly observedGeneration?: number
    readonly replicas?: number
    readonly updatedReplicas?: number
    readonly readyReplicas?: number
    readonly conditions?: readonly ObjectCondition[]
  }
}

export interface Pod extends KubeObject {
  readonly spec: { readonly containers: readonly Container[] }
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly message?: string
    readonly conditions?: readonly ObjectCondition[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

interface Container {
  readonly name: string
  readonly image?: string
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[]
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
}

export interface ContainerStatus {
  readonly name: string
  readonly ready?: boolean
  readonly restartCount?: number
  readonly state?: ContainerState
  readonly lastState?: ContainerState
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string }
  readonly running?: { readonly startedAt?: string }
  readonly terminated?: { readonly exitCode: number; readonly reason?: string; readonly message?: string }
}

export interface Job extends KubeObject {
  readonly status?: {
    readonly startTime?: string
    readonly completionTime?: string
    readonly conditions?: readonly ObjectCondition[]
  }
}

export interface Autoscaler extends KubeObject {
  readonly spec: { readonly minReplicas?: number; readonly maxReplicas: number }
  readonly status?: { readonly currentReplicas?: number; readonly conditions?: readonly ObjectCondition[] }
}

export interface Ingress extends KubeObject {
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] }
  }
}

export interface HttpRoute extends KubeObject {
  readonly status?: {
    readonly parents?: readonly { readonly conditions?: readonly ObjectCondition[] }[]
  }
}

export interface DisruptionBudget extends KubeObject {
  readonly status?: { readonly disruptionsAllowed?: number }
}

/** The record of a release. Its data has any shape: the API server does not validate it. */
export interface ControllerRevision extends KubeObject {
  readonly revision?: number
  readonly data?: Readonly<Record<string, unknown>> | null
}
