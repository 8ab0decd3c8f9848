import type { KubernetesObject } from '@chat-app/chat'

/** Field manager of server-side apply. */
export const FIELD_MANAGER = 'chat-app-deploy'

/** The object's name for kubectl, with version and group so that no other kind is meant: `Deployment.v1.apps/NAME`. */
export function resourceOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const [version = '', group] = apiVersion.split('/').toReversed()
  return group === undefined ? `${kind}/${metadata.name}` : `${kind}.${version}.${group}/${metadata.name}`
}

/** The `--namespace` flag of an object; none for an object without a namespace. */
export function namespaceFlag({ metadata: { namespace } }: KubernetesObject): string[] {
  return namespace === undefined ? [] : ['--namespace', namespace]
}

/** The object's name in messages: `Deployment chat-app-system/chat-app-operator`. */
export function title({ kind, metadata: { name, namespace } }: KubernetesObject): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
}

/** Objects as the input of `kubectl apply -f -`. */
export function documents(objects: readonly object[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n---\n')
}
