import { openApi } from '../control-plane/api.ts'
import { sandboxDir, SIZES, type Size } from '../checkout.ts'
import { openNode, removeNode } from '../node/start.ts'
import { stopAndRemove } from '@chat-app/sandbox-machine'
import type { Cluster } from '../cluster.ts'

export interface RunningSandbox {
  readonly size: Size
  readonly cluster: Cluster
}

/** The sandboxes of this checkout that run. */
export function runningSandboxes(): RunningSandbox[] {
  return SIZES.flatMap((size) => {
    const cluster = openSandbox(size)
    return cluster ? [{ size, cluster }] : []
  })
}

export function openSandbox(size: Size): Cluster | undefined {
  return size === 'api' ? openApi(sandboxDir(size)) : openNode(sandboxDir(size))
}

/** Ends and removes what is there of this checkout's sandbox of that size, ready or not. */
export function removeSandbox(size: Size): Promise<void> {
  return size === 'api' ? stopAndRemove(sandboxDir(size)) : removeNode(sandboxDir(size))
}
