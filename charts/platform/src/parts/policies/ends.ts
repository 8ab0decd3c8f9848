import { operatorSelector } from '../../install/operator/labels.ts'
import type { Environment } from '../../environment/environment.ts'
import { anywhere, pods, type End, type Others, type Pods } from './edge.ts'

/** Label of the namespaces of the operators that the platform relies on: whoever installs them sets it. */
export const OPERATORS_LABEL = 'chat-app.com/platform-operators'

/** Label of the ingress controller's namespace. */
export const INGRESS_LABEL = 'chat-app.com/ingress-controller'

/** By which every namespace is known. */
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

/** The API server is no pod: nothing but its port can be named, and clusters differ in that. */
export const API_PORTS = [443, 6443]

const SERVICE = /^[a-z0-9-]+\.(?<namespace>[a-z0-9-]+)\.svc(\.cluster\.local)?$/

/** The namespace of a Service that a host names by its name in the cluster. */
export function serviceNamespace(host: string): string | undefined {
  return SERVICE.exec(host)?.groups?.['namespace']
}

/** What a host leads to: pods of a Service's namespace, or any address. A range of addresses is not sure to mean pods. */
export function reached(host: string): End {
  const namespace = serviceNamespace(host)
  if (namespace === undefined) return outside
  return { kind: 'others', name: `pods of ${namespace}`, namespaceLabels: { [NAMESPACE_LABEL]: namespace }, labels: {} }
}

/** The port of an https URL. */
export function portOf({ port }: URL): number {
  return port === '' ? 443 : Number(port)
}

/** Where the pods of HAProxy's ingress controller, and of most others, take HTTPS. */
const INGRESS_PORT = 8443

/** The port of the ingress controller's pods. From inside, a Service's address often leads straight to them. */
export const ingressPort = ({ edge }: Environment): number => edge?.controllerPort ?? INGRESS_PORT

export const MYSQL = 3306
export const REDIS = 6379
export const SENTINEL = 26_379
export const S3 = 9000

const name = 'app.kubernetes.io/name'
const instance = 'app.kubernetes.io/instance'

/** The pods of every ChatApp in the namespace: api, websocket, migrate. */
export const chat = ({ chatApp: { namespace } }: Environment): Pods => pods('chat', namespace, { [name]: 'chat-app' })

export const operator = ({ operator: { namespace } }: Environment): Pods =>
  pods('operator', namespace, operatorSelector)

export function database({ database, dataNamespace }: Environment): Pods {
  if (database.kind === 'mariadb') return pods('mysql', dataNamespace, { [name]: 'mariadb' })
  return pods('mysql', dataNamespace, { [name]: 'percona-xtradb-cluster', [instance]: database.name })
}

/** Those of its pods that have the data; proxies are not among them. */
export function databaseNodes(environment: Environment): Pods {
  const all = database(environment)
  return { ...all, name: 'mysql-nodes', labels: { ...all.labels, 'app.kubernetes.io/component': 'pxc' } }
}

/** What clients connect to: the proxies, where there are any. */
export function databaseProxy(environment: Environment): Pods {
  const all = database(environment)
  if (environment.database.kind === 'mariadb') return all
  const labels = { ...all.labels, 'app.kubernetes.io/component': environment.database.proxy.kind }
  return { ...all, name: 'mysql-proxy', labels }
}

export function redis({ redis, dataNamespace }: Environment): Pods {
  if (redis.kind === 'pods') return pods('redis', dataNamespace, { [name]: 'redis' })
  const kind = redis.kind === 'sentinel' ? 'replication' : redis.kind
  return pods('redis', dataNamespace, { redis_setup_type: kind })
}

export const sentinel = ({ dataNamespace }: Environment): Pods =>
  pods('redis-sentinel', dataNamespace, { redis_setup_type: 'sentinel' })

export const rabbitmq = ({ name: called }: { name: string }, namespace: string): Pods =>
  pods('rabbitmq', namespace, { [name]: called })

/** Jobs that we render ourselves beside what others run. */
export const jobs = (job: string, namespace: string): Pods => pods(job, namespace, { [name]: job })

export const minio = ({ name, namespace }: { name: string; namespace: string }): Pods =>
  pods('minio', namespace, { 'v1.min.io/tenant': name })

export const prometheus = ({ name: called, namespace }: { name: string; namespace: string }): Pods =>
  pods('prometheus', namespace, { [name]: 'prometheus', [instance]: called })

export const alertmanager = (namespace: string): Pods => pods('alertmanager', namespace, { [name]: 'alertmanager' })

export const grafana = (namespace: string): Pods => pods('grafana', namespace, { [name]: 'grafana' })

export const elasticsearch = ({ name: called, namespace }: { name: string; namespace: string }): Pods =>
  pods('elasticsearch', namespace, { 'elasticsearch.k8s.elastic.co/cluster-name': called })

export const kibana = ({ name: called, namespace }: { name: string; namespace: string }): Pods =>
  pods('kibana', namespace, { 'kibana.k8s.elastic.co/name': called })

export const collector = ({
  name: called,
  collector: { namespace },
}: {
  name: string
  collector: { namespace: string }
}): Pods => pods('collector', namespace, { 'beat.k8s.elastic.co/name': called })
