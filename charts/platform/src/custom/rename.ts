import { jobName } from '@chat-app/chat/constructs'
import type { KubernetesObject } from '@chat-app/chat'

/** The hash of a Job's spec at the end of its name. */
export const HASH = /-[0-9a-f]{8}$/

/** A Job with another spec gets the name of this spec: the template of a Job cannot change. */
export function renamed(before: KubernetesObject, after: KubernetesObject): KubernetesObject {
  const { name } = after.metadata
  if (after.kind !== 'Job' || !HASH.test(name) || before['spec'] === after['spec']) return after
  return { ...after, metadata: { ...after.metadata, name: jobName(name.replace(HASH, ''), after['spec']) } }
}
