import type { KubernetesObject } from '@chat-app/chat'
import type { Kubectl } from '@chat-app/kubectl'
import { namespaceFlag } from './names.ts'

/** A Job that failed: it will not complete any more. */
export class JobFailed extends Error {
  override readonly name = 'JobFailed'
}

/** `kubectl wait` for a condition, until it times out or the signal ends it. */
export type WaitFor = (condition: string, signal: AbortSignal) => Promise<void>

/**
 * Waits until a Job is complete or has failed.
 *
 * @throws JobFailed with the reason of its condition
 */
export async function jobComplete(
  kubectl: Kubectl,
  job: KubernetesObject,
  waitFor: WaitFor,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const failed = async (): Promise<never> => {
    await waitFor('Failed', either)
    throw new JobFailed(await whyFailed(kubectl, job))
  }
  try {
    await Promise.race([waitFor('Complete', either), failed()])
  } finally {
    over.abort()
  }
}

async function whyFailed(kubectl: Kubectl, job: KubernetesObject): Promise<string> {
  const target = [`job/${job.metadata.name}`, ...namespaceFlag(job)]
  const path = `jsonpath={range .status.conditions[?(@.type=='Failed')]}{.reason}: {.message}{end}`
  const reason = await kubectl(['get', ...target, '-o', path])
  const words = target.join(' ')
  return `it failed: ${reason} (its log: kubectl logs ${words}; to run it again: kubectl delete ${words})`
}
