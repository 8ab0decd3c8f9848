import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { hashOf } from './hash.ts'

/** Hash of an object without this annotation, which shows also that a field is desired no longer. */
export const DESIRED_HASH = 'chat-app.com/desired-hash'

/** On a Deployment: hash of the pod template, which shows a change of the template alone. */
export const TEMPLATE_HASH = 'chat-app.com/template-hash'

/** The object with the annotations by which a later reconciliation sees what was sent. */
export function sealed(object: KubeObject): KubeObject {
  const annotations = {
    ...object.metadata.annotations,
    [DESIRED_HASH]: hashOf(object),
    ...(object.kind === 'Deployment' && { [TEMPLATE_HASH]: hashOf(at(object, 'spec', 'template')) }),
  }
  return { ...object, metadata: { ...object.metadata, annotations } }
}
