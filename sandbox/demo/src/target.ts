import type { Kubectl } from '@chat-app/kubectl'

/** What the demo needs that this machine does not have, and what would help. */
export interface Missing {
  readonly what: string
  readonly remedy: string
}

/** Full image names, as pods will ask for them. */
export interface DemoImages {
  /** What stands before `/chat-service:VERSION`. */
  readonly registry: string
  readonly mariadb: string
  readonly redis: string
}

/** The cluster the demo runs on: our sandbox, or one the user has. */
export interface Target {
  readonly title: string
  readonly images: DemoImages
  /** What the user is asked about before it is created; empty for a cluster of ours. */
  readonly creates: readonly string[]
  /** Looked at before anything is done; empty when the demo can start. */
  missing(): Promise<readonly Missing[]>
  /** Brings the cluster up, with our images in it and nothing of an earlier demo; says what it waits for. */
  start(onProgress: (text: string) => void, signal: AbortSignal): Promise<Kubectl>
  /** How a user reaches it afterwards, as lines of shell. */
  hints(): readonly string[]
  /** Removes what `start` and the demo made, however far they came, and waits until it is gone. */
  stop(onProgress: (text: string) => void): Promise<void>
}
