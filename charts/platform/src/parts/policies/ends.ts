import { OPERATOR_SELECTOR } from '../../install/operator/labels.ts'
import type { Environment } from '../../environment/environment.ts'
import { anywhere, pods, type End, type Others, type Pods } from './edge.ts'

const NAME = 'app.kubernetes.io/name'

const INSTANCE = 'app.kubernetes.io/instance'

const SERVICE = /^[a-z0-9-]+\.(?<namespace>[a-z0-9-]+)\.svc(\.cluster\.local)?$/

/** The HTTPS port of the pods of HAProxy's ingress controller, and of most others. */
const INGRESS_PORT = 8443

/** The label of the namespaces of the operators that the platform needs. Whoever installs them sets it. */
export const OPERATORS_LABEL = 'chat-app.com/platform-operators'

/** The label of the ingress controller's namespace. Whoever installs it sets it. */
export const INGRESS_LABEL = 'chat-app.com/ingress-controller'

/** The label that Kubernetes sets on every namespace. */
const NAMESPACE_LABEL = 'kubernetes.io/metadata.name'

export const others = (name: string, label: string): Others => ({
  kind: 'others',
  name,
  namespaceLabels: { [label]: 'true' },
  labels: {},
})

export const operators = others('operators', OPERATORS_LABEL)
export const ingressController = others('ingress-controller', INGRESS_LABEL)
export const apiServer = anywhere('API server')
export const outside = anywhere('outside')

export const dns: Others = {
  kind: 'others',
  name: 'DNS',
  namespaceLabels: { [NAMESPACE_LABEL]: 'kube-system' },
  labels: { 'k8s-app': 'kube-dns' },
}

/** The ports of the API server, which differ between clusters. It is not a pod, so only its port can be limited. */
export const API_PORTS = [443, 6443]

/** The namespace of a host such as `name.namespace.svc`; undefined for a host that is no Service. */
export function serviceNamespace(host: string): string | undefined {
  return SERVICE.exec(host)?.groups?.['namespace']
}

/** The end that a host leads to: pods in the namespace of a Service, or any address. An ipBlock may not cover pods. */
export function reached(host: string): End {
  const namespace = serviceNamespace(host)
  if (namespace === undefined) return outside
  return podsIn(namespace)
}

/** Pods of a namespace outside the platform. */
export function podsIn(namespace: string, labels: Others['labels'] = {}): Others {
  return { kind: 'others', name: `pods of ${namespace}`, namespaceLabels: { [NAMESPACE_LABEL]: namespace }, labels }
}

/** The port of an https URL; 443 when it has none. */
export function portOf({ port }: URL): number {
  return port === '' ? 443 : Number(port)
}

/**
 * The HTTPS port of the ingress controller's pods, to which kube-proxy often sends connections from inside the cluster
 * directly.
 */
export const ingressPort = ({ edge }: Environment): number => edge?.controllerPort ?? INGRESS_PORT

/** The pods of every ChatApp in the namespace: api, websocket, worker, migrate and prove. */
export const chat = ({ chatApp: { namespace } }: Environment): Pods => pods('chat', namespace, { [NAME]: 'chat-app' })

/** The pods that prove a rollout. */
export const proof = ({ chatApp: { namespace } }: Environment): Pods =>
  pods('proof', namespace, { [NAME]: 'chat-app', 'app.kubernetes.io/component': 'prove' })

export const operator = ({ operator: { namespace } }: Environment): Pods =>
  pods('operator', namespace, OPERATOR_SELECTOR)

/** The pods of a database that the platform runs. */
export function database({ database, dataNamespace }: Environment): Pods {
  if (database.kind !== 'pxc') return pods('mysql', dataNamespace, { [NAME]: 'mariadb' })
  return pods('mysql', dataNamespace, { [NAME]: 'percona-xtradb-cluster', [INSTANCE]: database.name })
}

/** The database nodes, without the proxies. */
export function databaseNodes(environment: Environment): Pods {
  const all = database(environment)
  return { ...all, name: 'mysql-nodes', labels: { ...all.labels, 'app.kubernetes.io/component': 'pxc' } }
}

/** The pods that clients connect to: the proxies, or MariaDB itself. */
export function databaseProxy(environment: Environment): Pods {
  const all = database(environment)
  if (environment.database.kind !== 'pxc') return all
  const labels = { ...all.labels, 'app.kubernetes.io/component': environment.database.proxy.kind }
  return { ...all, name: 'mysql-proxy', labels }
}

/** What clients of the database connect to. */
export function databaseServer(environment: Environment): End {
  const { database } = environment
  return database.kind === 'external' ? reached(database.host) : databaseProxy(environment)
}

/** The pods of a Redis that the platform runs. */
export function redis({ redis, dataNamespace }: Environment): Pods {
  if (redis.kind === 'pods') return pods('redis', dataNamespace, { [NAME]: 'redis' })
  const kind = redis.kind === 'sentinel' ? 'replication' : redis.kind
  return pods('redis', dataNamespace, { redis_setup_type: kind })
}

export const sentinel = ({ dataNamespace }: Environment): Pods =>
  pods('redis-sentinel', dataNamespace, { redis_setup_type: 'sentinel' })

export const rabbitmq = ({ name }: { name: string }, namespace: string): Pods =>
  pods('rabbitmq', namespace, { [NAME]: name })

/** The pods of a Job or CronJob of the platform. */
export const jobs = (job: string, namespace: string): Pods => pods(job, namespace, { [NAME]: job })

export const minio = ({ name, namespace }: { name: string; namespace: string }): Pods =>
  pods('minio', namespace, { 'v1.min.io/tenant': name })

export const prometheus = ({ name, namespace }: { name: string; namespace: string }): Pods =>
  pods('prometheus', namespace, { [NAME]: 'prometheus', [INSTANCE]: name })

export const alertmanager = (namespace: string): Pods => pods('alertmanager', namespace, { [NAME]: 'alertmanager' })

export const grafana = (namespace: string): Pods => pods('grafana', namespace, { [NAME]: 'grafana' })

export const elasticsearch = ({ name, namespace }: { name: string; namespace: string }): Pods =>
  pods('elasticsearch', namespace, { 'elasticsearch.k8s.elastic.co/cluster-name': name })

export const kibana = ({ name, namespace }: { name: string; namespace: string }): Pods =>
  pods('kibana', namespace, { 'kibana.k8s.elastic.co/name': name })

export const collector = ({
  name,
  collector: { namespace },
}: {
  name: string
  collector: { namespace: string }
}): Pods => pods('collector', namespace, { 'beat.k8s.elastic.co/name': name })
