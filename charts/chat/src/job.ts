import type { JobSpec, KubeJobProps, ObjectMeta } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { hashOf } from './hash.ts'

const HASH_LENGTH = 8

/**
 * A name for a Job with the hash of its spec: a Job's template is immutable, so another template needs another Job. The hash
 * does not depend on the order of fields, because the API server sorts what it stores.
 */
export function jobName(name: string, spec: unknown): string {
  return `${name}-${hashOf(spec).slice(0, HASH_LENGTH)}`
}

/** A Job with the hash of its spec in its name: applying the same spec again changes nothing, another spec runs again. */
export function hashedJob(metadata: ObjectMeta & { readonly name: string }, spec: JobSpec): KubeJobProps {
  return { metadata: { ...metadata, name: jobName(metadata.name, spec) }, spec }
}
