import { hashOf } from '@chat-app/chat'
import type { KubeObject } from '../runtime/types.ts'

/** Hash of an object without this annotation, which shows also that a field is desired no longer. */
export const DESIRED_HASH = 'chat-app.com/desired-hash'

/** The object with the annotation by which a later reconciliation sees what was sent. */
export function sealed(object: KubeObject): KubeObject {
  const annotations = { ...object.metadata.annotations, [DESIRED_HASH]: hashOf(object) }
  return { ...object, metadata: { ...object.metadata, annotations } }
}
