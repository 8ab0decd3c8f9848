import type { KubernetesObject } from '@chat-app/chat'

interface Added {
  readonly labels: Readonly<Record<string, string>> | undefined
  readonly annotations: Readonly<Record<string, string>> | undefined
}

/** The operator of Redis copies the labels of these kinds into the selectors of its Services, so they must not change. */
const COPIED_TO_SELECTORS = /^redis\.redis\.opstreelabs\.in\//

/** Adds labels and annotations; those that an object has stay. */
export function labelled({ labels, annotations }: Added): (object: KubernetesObject) => KubernetesObject {
  return (object) => {
    const { metadata } = object
    const ours = COPIED_TO_SELECTORS.test(object.apiVersion) ? undefined : labels
    return {
      ...object,
      metadata: {
        ...metadata,
        ...(annotations !== undefined && { annotations: { ...annotations, ...metadata.annotations } }),
        ...(ours !== undefined && { labels: { ...ours, ...metadata.labels } }),
      },
    }
  }
}
