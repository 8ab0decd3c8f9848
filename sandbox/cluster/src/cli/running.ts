import { openApi } from '../control-plane/api.ts'
import { sandboxDir, SIZES, type Size } from '../checkout.ts'
import { openNode, removeNode } from '../node/start.ts'
import { stopAndRemove } from '@chat-app/sandbox-machine'
import type { Cluster } from '../cluster.ts'

export interface RunningSandbox {
  readonly size: Size
  readonly cluster: Cluster
}

/** Returns the running sandboxes of this checkout. */
export function runningSandboxes(): RunningSandbox[] {
  return SIZES.flatMap((size) => {
    const cluster = openSandbox(size)
    return cluster ? [{ size, cluster }] : []
  })
}

/** Returns this checkout's sandbox of the size; undefined if it is not running. */
export function openSandbox(size: Size): Cluster | undefined {
  return size === 'api' ? openApi(sandboxDir(size)) : openNode(sandboxDir(size))
}

/** Ends this checkout's sandbox of the size and removes its files, even if it is only partly started. */
export function removeSandbox(size: Size): Promise<void> {
  return size === 'api' ? stopAndRemove(sandboxDir(size)) : removeNode(sandboxDir(size))
}
