import { API_VERSION, KIND, type ChatApp } from '@chat-app/crds'
import { controllerOf, type KubeObject } from '../runtime/types.ts'

const INSTANCE_LABEL = 'app.kubernetes.io/instance'

/** A ChatApp as the API server has stored it. */
export type ChatAppObject = ChatApp & KubeObject & { readonly metadata: { readonly uid: string; namespace: string } }

/** The ChatApp that an object belongs to, as `namespace/name`: its controller, else the one that its label names. */
export function chatAppKeyOf(object: KubeObject): string | undefined {
  const controller = controllerOf(object)
  if (controller?.apiVersion === API_VERSION && controller.kind === KIND) {
    return `${object.metadata.namespace ?? ''}/${controller.name}`
  }
  return instanceKeyOf(object)
}

/** `namespace/name` of the ChatApp that the object's label names. */
export function instanceKeyOf(object: KubeObject): string | undefined {
  const instance = object.metadata.labels?.[INSTANCE_LABEL]
  return instance === undefined ? undefined : `${object.metadata.namespace ?? ''}/${instance}`
}
