import { API_VERSION, KIND, type ChatApp } from '@chat-app/crds'
import { model, type Model } from '@chat-app/chat'
import type { Cluster } from '../environment/cluster.ts'

/**
 * The ChatApp of a cluster as it is applied: what is left out of it is stored as the schema's default. It is the same in
 * every region, but that it sleeps where the database does not take writes.
 */
export function chatApp({ environment, region }: Cluster): ChatApp {
  const { name, namespace, spec } = environment.chatApp
  const sleeping = region?.isActive === false
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name, namespace },
    spec: sleeping ? { ...spec, hibernated: true } : spec,
  }
}

const models = new WeakMap<Cluster, Model>()

/** The model of a cluster's ChatApp, made once: both the demand of its pods and the preview are made from it. */
export function chatModel(cluster: Cluster): Model {
  const made = models.get(cluster) ?? model(chatApp(cluster))
  models.set(cluster, made)
  return made
}
