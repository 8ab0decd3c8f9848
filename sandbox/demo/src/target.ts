import type { Kubectl } from '@chat-app/kubectl'

/** A requirement of the demo that is missing, and the remedy. */
export interface Missing {
  readonly what: string
  readonly remedy: string
}

/** Images, as in the `image` field of pods. */
export interface DemoImages {
  /** The part of the project's images before `/chat-service:VERSION`. */
  readonly registry: string
  readonly mariadb: string
  readonly redis: string
}

/** The cluster that the demo runs on: a sandbox, or the cluster of a context. */
export interface Target {
  readonly title: string
  readonly images: DemoImages
  /** What the demo creates, for the confirmation; empty if none is needed. */
  readonly creates: readonly string[]
  /** Returns the missing requirements; empty if the demo can start. Changes nothing. */
  missing(): Promise<readonly Missing[]>
  /** Starts the cluster if needed, delivers the images, and removes the objects of an earlier demo. */
  start(onProgress: (text: string) => void, signal: AbortSignal): Promise<Kubectl>
  /** Returns shell commands for the user to use the cluster; the last one removes the demo. */
  hints(): readonly string[]
  /** Removes what `start` and the demo created, even if they are incomplete, and waits until it is gone. */
  stop(onProgress: (text: string) => void): Promise<void>
}
