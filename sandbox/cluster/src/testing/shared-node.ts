import { dirname, join } from 'node:path'
import { locked } from '@chat-app/sandbox-machine'
import { type Kubectl } from '@chat-app/kubectl'
import { afterAll, beforeAll, inject } from 'vitest'
import { administrator } from './api.ts'

/** More than all files that share the node take together on a slow machine. */
const QUEUE_MS = 45 * 60_000

/**
 * kubectl as administrator of the node that the cluster tests share, which this file has for itself from here to its end: one file
 * kills the operator and the API server that another measures. To be called before the file's own hooks.
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
