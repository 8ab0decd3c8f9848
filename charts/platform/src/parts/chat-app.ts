import { API_VERSION, KIND, type ChatApp } from '@chat-app/crds'
import { model, type Model } from '@chat-app/chat'
import type { Cluster } from '../environment/cluster.ts'

/**
 * The ChatApp of a cluster as a pipeline applies it; the API server adds the defaults. It is the same in every region,
 * except where the database does not take writes: there it is hibernated, and claims no host and no certificate, which
 * are those of the active region.
 */
export function chatApp({ environment, region }: Cluster): ChatApp {
  const { name, namespace, spec } = environment.chatApp
  const sleeping = region?.isActive === false
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name, namespace },
    spec: sleeping ? { ...spec, exposure: { type: 'None' }, hibernated: true } : spec,
  }
}

const models = new WeakMap<Cluster, Model>()

/** The model of a cluster's ChatApp, made once for the quotas and the preview. */
export function chatModel(cluster: Cluster): Model {
  const made = models.get(cluster) ?? model(chatApp(cluster))
  models.set(cluster, made)
  return made
}
