/**
 * A kind as its path in the API needs it. The operator's client has the same of its own: it is a program of this project, and what
 * tests look at a cluster with must not be.
 */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
}

/** @param plural by default the kind in lower case with an "s" */
export function resource(group: string, version: string, kind: string, plural = `${kind.toLowerCase()}s`): Resource {
  return { group, version, kind, plural }
}

export const NAMESPACES = resource('', 'v1', 'Namespace')
export const PODS = resource('', 'v1', 'Pod')
export const SECRETS = resource('', 'v1', 'Secret')
export const CONFIG_MAPS = resource('', 'v1', 'ConfigMap')
export const SERVICES = resource('', 'v1', 'Service')
export const SERVICE_ACCOUNTS = resource('', 'v1', 'ServiceAccount')
export const CLAIMS = resource('', 'v1', 'PersistentVolumeClaim')
export const DEPLOYMENTS = resource('apps', 'v1', 'Deployment')
export const JOBS = resource('batch', 'v1', 'Job')
export const AUTOSCALERS = resource('autoscaling', 'v2', 'HorizontalPodAutoscaler')
export const CRDS = resource('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition')
export const CHAT_APPS = resource('chat-app.com', 'v1alpha1', 'ChatApp')

/** The path of a collection, an object or a subresource. */
export function pathOf(of: Resource, namespace?: string, name?: string, subresource?: string): string {
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`
  return `${rootOf(of)}${scope}/${of.plural}${object}${subresource === undefined ? '' : `/${subresource}`}`
}

/** The path of all kinds of a group and version. */
export function rootOf({ group, version }: Pick<Resource, 'group' | 'version'>): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`
}
