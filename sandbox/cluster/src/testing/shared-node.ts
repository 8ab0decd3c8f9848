import { dirname, join } from 'node:path'
import { locked } from '@chat-app/sandbox-machine'
import { type Kubectl } from '@chat-app/kubectl'
import { afterAll, beforeAll, inject } from 'vitest'
import { administrator } from './api.ts'

/** Longer than all test files that share the node take together on a slow machine. */
const QUEUE_MS = 45 * 60_000

/**
 * Returns kubectl as administrator of the node that the cluster tests share, and reserves the node for the calling test
 * file: one file kills the operator and the API server that another one measures. Call it before the hooks of the file.
 */
export function sharedNode(): Kubectl {
  const ended = Promise.withResolvers<void>()
  let released: Promise<void> | undefined
  beforeAll(async () => {
    const begun = Promise.withResolvers<void>()
    released = locked(join(dirname(inject('kubeconfig')), 'taken-by-tests'), () => {
      begun.resolve()
      return ended.promise
    })
    await Promise.race([begun.promise, released])
  }, QUEUE_MS)
  afterAll(async () => {
    ended.resolve()
    await released
  })
  return administrator()
}
