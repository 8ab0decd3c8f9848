import { createHash } from 'node:crypto'
import type { JobSpec, KubeJobProps, ObjectMeta } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { canonical } from './canonical.ts'

const HASH_LENGTH = 8

/**
 * A name for a Job that is another one whenever its spec is. A Job's template can never change, so another template
 * has to be another Job. The hash does not depend on the order of fields: the cluster sorts what it stores.
 */
export function jobName(name: string, spec: unknown): string {
  const hash = createHash('sha256').update(canonical(spec)).digest('hex').slice(0, HASH_LENGTH)
  return `${name}-${hash}`
}

/** A Job whose name carries the hash of its spec: applying the same again changes nothing, another spec is run. */
export function hashedJob(metadata: ObjectMeta & { readonly name: string }, spec: JobSpec): KubeJobProps {
  return { metadata: { ...metadata, name: jobName(metadata.name, spec) }, spec }
}
