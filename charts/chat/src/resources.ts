import { GROUP, KIND, VERSION } from '@chat-app/crds'

/** A kind with the parts of its REST path. `group` is empty for the core group. */
export interface Resource {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
}

const resource = (group: string, version: string, kind: string): Resource => {
  const singular = kind.toLowerCase()
  const plural = singular.replace(/y$/, 'ie').replace(/s$/, 'se')
  return { group, version, kind, plural: `${plural}s` }
}

export const CHAT_APPS = resource(GROUP, VERSION, KIND)
export const PODS = resource('', 'v1', 'Pod')
export const SECRETS = resource('', 'v1', 'Secret')
export const CONFIG_MAPS = resource('', 'v1', 'ConfigMap')
export const SERVICES = resource('', 'v1', 'Service')
export const SERVICE_ACCOUNTS = resource('', 'v1', 'ServiceAccount')
export const DEPLOYMENTS = resource('apps', 'v1', 'Deployment')
export const CONTROLLER_REVISIONS = resource('apps', 'v1', 'ControllerRevision')
export const JOBS = resource('batch', 'v1', 'Job')
export const AUTOSCALERS = resource('autoscaling', 'v2', 'HorizontalPodAutoscaler')
export const DISRUPTION_BUDGETS = resource('policy', 'v1', 'PodDisruptionBudget')
export const INGRESSES = resource('networking.k8s.io', 'v1', 'Ingress')
export const NETWORK_POLICIES = resource('networking.k8s.io', 'v1', 'NetworkPolicy')
export const LEASES = resource('coordination.k8s.io', 'v1', 'Lease')
export const EVENTS = resource('events.k8s.io', 'v1', 'Event')

/** The kinds of children that every cluster serves; a test compares them with what `desired` renders. */
export const CHILDREN: readonly Resource[] = [
  CONFIG_MAPS,
  SERVICES,
  SERVICE_ACCOUNTS,
  DEPLOYMENTS,
  JOBS,
  AUTOSCALERS,
  DISRUPTION_BUDGETS,
  INGRESSES,
  NETWORK_POLICIES,
]

/** The kinds of children that a cluster may lack, each in the version in which it is rendered. */
export const OPTIONAL_CHILDREN: readonly Resource[] = [
  resource('monitoring.coreos.com', 'v1', 'ServiceMonitor'),
  resource('gateway.networking.k8s.io', 'v1', 'HTTPRoute'),
]

/** Every kind above: the ChatApp, its children, and what the operator reads and writes beside them. */
export const RESOURCES: readonly Resource[] = [
  CHAT_APPS,
  PODS,
  SECRETS,
  ...CHILDREN,
  ...OPTIONAL_CHILDREN,
  CONTROLLER_REVISIONS,
  LEASES,
  EVENTS,
]

/** `group/Kind`, the name of a kind whatever its version. */
export function kindOf({ group, kind }: Pick<Resource, 'group' | 'kind'>): string {
  return `${group}/${kind}`
}

export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
}

/** The REST path of a collection, an object or a subresource; every part is escaped. */
export function pathOf(resource: Resource, namespace?: string, name?: string, subresource?: string): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`
  return `${root}${scope}/${resource.plural}${object}${subresource === undefined ? '' : `/${subresource}`}`
}
