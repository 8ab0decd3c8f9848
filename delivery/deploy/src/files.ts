import { applied, chatApp, type Cluster, manifests } from '@chat-app/platform'
import { type KubernetesObject } from '@chat-app/chat'
import type { File } from './apply.ts'

/** The files of a cluster's bundle, in the order in which they are applied. */
export function bundleFiles(cluster: Cluster): File[] {
  return manifests(cluster).filter(({ path }) => !path.startsWith('preview/'))
}

/** The only file of a review: its ChatApp. */
export function chatAppFile(cluster: Cluster): File {
  const own = chatApp(cluster).metadata.name
  const objects = applied(cluster).filter(({ kind, metadata }) => kind === 'ChatApp' && metadata.name === own)
  return { path: '90-chatapp.yaml', objects }
}

/**
 * The objects of a file that later files need: the operator, which changes the ChatApp, and what makes the Secrets.
 * Without these no pod starts, and Percona's operator makes passwords of its own.
 */
export function foundations(objects: readonly KubernetesObject[], { environment }: Cluster): KubernetesObject[] {
  const { namespace } = environment.operator
  return objects.filter(({ kind, metadata }) => metadata.namespace === namespace || kind === 'ExternalSecret')
}
