import type { KubernetesObject } from '@chat-app/chat'

/** The manager of the fields that a deployment sets. */
export const FIELD_MANAGER = 'chat-app-deploy'

/** How an object is named to kubectl: `deployments` would do, but kind, version and group are never ambiguous. */
export function resourceOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const [version = '', group] = apiVersion.split('/').toReversed()
  return group === undefined ? `${kind}/${metadata.name}` : `${kind}.${version}.${group}/${metadata.name}`
}

/** The flag of an object's namespace; none for what belongs to the whole cluster. */
export function namespaceFlag({ metadata: { namespace } }: KubernetesObject): string[] {
  return namespace === undefined ? [] : ['--namespace', namespace]
}

/** For people: `Deployment chat-app-system/chat-app-operator`. */
export function title({ kind, metadata: { name, namespace } }: KubernetesObject): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
}

export function documents(objects: readonly object[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n---\n')
}
