import { applied, manifests, chatApp, type Cluster, type End, edges } from '@chat-app/platform'
import type { KubernetesObject } from '@chat-app/chat'
import { podsOf } from './demand.ts'

/** An object with pods. */
export interface Node {
  readonly object: KubernetesObject
  readonly namespace: string
}

/** A connection. An end that is not one of the nodes, such as a client, is a name. */
export interface Link {
  readonly from: Node | string
  readonly to: Node | string
  /** Its purposes, in a few words each. */
  readonly why: readonly string[]
}

export interface Graph {
  readonly nodes: readonly Node[]
  readonly links: readonly Link[]
}

/** The objects with pods in the manifests of a cluster, and the connections that its NetworkPolicies allow. */
export function graph(cluster: Cluster): Graph {
  const objects = manifests(cluster).flatMap((file) => file.objects)
  const nodes = objects
    .filter((object) => podsOf(object) !== undefined)
    .map((object) => ({ object, namespace: object.metadata.namespace ?? '' }))
  return { nodes, links: [...references(cluster, nodes), ...connections(cluster, nodes)] }
}

/** Kinds of the objects behind an end of a connection whose pods another operator labels. */
const kindsOf: Readonly<Record<string, readonly string[]>> = {
  mysql: ['PerconaXtraDBCluster'],
  'mysql-nodes': ['PerconaXtraDBCluster'],
  'mysql-proxy': ['PerconaXtraDBCluster'],
  redis: ['RedisCluster', 'RedisReplication', 'Redis'],
  'redis-sentinel': ['RedisSentinel'],
  rabbitmq: ['RabbitmqCluster'],
  minio: ['Tenant'],
  prometheus: ['Prometheus'],
  alertmanager: ['Alertmanager'],
  elasticsearch: ['Elasticsearch'],
  kibana: ['Kibana'],
}

/** Not drawn: every pod uses DNS, and the page of connections lists the clients of the API server. */
const LEFT_OUT = new Set(['DNS', 'API server'])

function connections(cluster: Cluster, nodes: readonly Node[]): Link[] {
  const drawn = edges(cluster).filter(({ from, to }) => ![from.name, to.name].some((name) => LEFT_OUT.has(name)))
  const pairs = drawn.flatMap(({ from, to, why }) =>
    nodesOf(from, nodes).flatMap((source) => nodesOf(to, nodes).map((target) => ({ from: source, to: target, why }))),
  )
  const between = pairs.filter(({ from, to }) => from !== to)
  return [...Map.groupBy(between, ({ from, to }) => `${idOf(from)} ${idOf(to)}`).values()].map((same) => ({
    ...(same[0] as (typeof same)[number]),
    why: [...new Set(same.map(({ why }) => why))],
  }))
}

/** The nodes of an end; none for Jobs, whose pods end. */
function nodesOf(end: End, nodes: readonly Node[]): (Node | string)[] {
  if (end.kind !== 'pods') return [end.name]
  const here = nodes.filter(({ namespace }) => namespace === end.namespace)
  return here.filter(({ object }) => kindsOf[end.name]?.includes(object.kind) === true || hasLabels(object, end.labels))
}

function hasLabels({ spec }: KubernetesObject, wanted: Readonly<Record<string, string>>): boolean {
  const { template } = spec as { template?: { metadata?: { labels?: Record<string, string> } } }
  const labels = template?.metadata?.labels
  return labels !== undefined && Object.entries(wanted).every(([key, value]) => labels[key] === value)
}

/** The resources that a ChatApp waits for before a rollout. */
function references(cluster: Cluster, nodes: readonly Node[]): Link[] {
  const { database, redis } = chatApp(cluster).spec
  const operator = nodes.find(({ object }) => object.metadata.name === 'chat-app-operator')
  const named = [database?.clusterRef, redis?.clusterRef].filter((ref) => ref !== undefined)
  return named.flatMap(({ kind, name }) => {
    const to = nodes.find(({ object }) => object.kind === kind && object.metadata.name === name)
    return to === undefined || operator === undefined ? [] : [{ from: operator, to, why: ['waits until it is ready'] }]
  })
}

export function idOf(end: Node | string): string {
  if (typeof end === 'string') return end
  return `${end.object.kind} ${end.namespace}/${end.object.metadata.name}`
}

/** The number of applied objects of each kind. */
export function kindCounts(cluster: Cluster): [kind: string, count: number][] {
  const byKind = Map.groupBy(applied(cluster), ({ kind }) => kind)
  const counts = [...byKind].map(([kind, objects]): [string, number] => [kind, objects.length])
  return counts.sort(([a], [b]) => (a < b ? -1 : 1))
}
