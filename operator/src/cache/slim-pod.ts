import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'

/** Reduces a pod to its metadata, images, ports and status. The rest would be most of the operator's memory. */
export function slimPod(pod: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp, labels, ownerReferences } =
    pod.metadata
  const metadata = { namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp, labels, ownerReferences }
  const containers = at<KubeObject[]>(pod, 'spec', 'containers') ?? []
  return {
    apiVersion: pod.apiVersion,
    kind: pod.kind,
    metadata: { name, ...Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined)) },
    spec: {
      containers: containers.map((each) => ({ name: each['name'], image: each['image'], ports: each['ports'] })),
    },
    status: pod['status'],
  }
}
