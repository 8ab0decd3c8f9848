import { INPUTS } from '@chat-app/chat'
import { at, defined, pick } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'

/**
 * Reduces a pod to its metadata, images, ports, ConfigMaps and status. The rest would be most of the operator's memory.
 */
export function slimPod(pod: KubeObject): KubeObject {
  const inputs = pod.metadata.annotations?.[INPUTS]
  const metadata = pick(
    { ...pod.metadata, annotations: defined({ [INPUTS]: inputs }) },
    'name',
    'namespace',
    'uid',
    'resourceVersion',
    'creationTimestamp',
    'deletionTimestamp',
    'labels',
    'annotations',
    'ownerReferences',
  )
  const volumes = at<{ configMap?: { name?: string } }[]>(pod, 'spec', 'volumes') ?? []
  const containers = at<KubeObject[]>(pod, 'spec', 'containers') ?? []
  return {
    apiVersion: pod.apiVersion,
    kind: pod.kind,
    metadata,
    spec: {
      containers: containers.map((each) => ({ name: each['name'], image: each['image'], ports: each['ports'] })),
      volumes: volumes.flatMap(({ configMap }) =>
        configMap === undefined ? [] : [{ configMap: { name: configMap.name } }],
      ),
    },
    status: pod['status'],
  }
}
