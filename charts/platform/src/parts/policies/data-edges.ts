import type { Cluster } from '../../environment/cluster.ts'
import { TOKEN_RENEWAL } from '../secrets/token-renewal.ts'
import { databasePort } from '../../environment/database.ts'
import type { Environment } from '../../environment/environment.ts'
import { addresses, edge, type Edge, type Pods } from './edge.ts'
import * as end from './ends.ts'
import {
  AMQPS_PORT,
  AMQP_PORT,
  GALERA_PORTS,
  MYSQL_ADMIN_PORT,
  MYSQL_PORT,
  PROXYSQL_ADMIN_PORT,
  REDIS_BUS_PORT,
  REDIS_PORT,
  S3_PORT,
  SENTINEL_PORT,
} from '../../objects/ports.ts'

export function databaseEdges({ environment, region }: Cluster): Edge[] {
  const { database, dataNamespace } = environment
  if (database.kind === 'mariadb') return []
  const bootstrap = edge(
    end.jobs('mysql-bootstrap', dataNamespace),
    end.databaseServer(environment),
    [databasePort(database)],
    'creates the database and its users',
  )
  if (database.kind === 'external') return database.users.madeBy === 'platform' ? [bootstrap] : []
  const mysql = end.database(environment)
  const internal = [MYSQL_PORT, MYSQL_ADMIN_PORT, ...GALERA_PORTS, PROXYSQL_ADMIN_PORT]
  return [
    edge(mysql, mysql, internal, 'replication, state transfers, proxies and backups'),
    bootstrap,
    edge(end.operators, mysql, [MYSQL_PORT, MYSQL_ADMIN_PORT, PROXYSQL_ADMIN_PORT], 'its operator manages it'),
    ...(database.backup === undefined ? [] : [backups(environment, mysql, new URL(database.backup.endpointUrl))]),
    ...keyEdges(environment, mysql),
    ...(region === undefined ? [] : replicationEdges(environment, database.replication?.sourceRanges ?? [])),
  ]
}

/** The load balancers lead to the nodes directly, and keep the source addresses. */
function replicationEdges(environment: Environment, ranges: readonly string[]): Edge[] {
  const nodes = end.databaseNodes(environment)
  return [
    edge(nodes, end.outside, [MYSQL_PORT], 'replicates from the database of another region'),
    edge(addresses('other regions', ranges), nodes, [MYSQL_PORT], 'the database of another region replicates from it'),
  ]
}

function backups({ storage }: Environment, mysql: Pods, url: URL): Edge {
  const isTenant = storage?.kind === 'tenant' && end.serviceNamespace(url.hostname) === storage.namespace
  return isTenant ? edge(mysql, end.minio(storage), [S3_PORT], 'backups') : toUrl(mysql, url, 'backups')
}

function keyEdges({ database, dataNamespace, secrets }: Environment, mysql: Pods): Edge[] {
  if (database.kind !== 'pxc' || database.vaultSecret === undefined || secrets.kind !== 'vault') return []
  const vault = new URL(secrets.server)
  return [
    toUrl(mysql, vault, 'encryption keys in Vault'),
    toUrl(end.jobs(TOKEN_RENEWAL, dataNamespace), vault, 'renews the Vault token of the database'),
  ]
}

function toUrl(from: Pods, url: URL, why: string): Edge {
  return edge(from, end.reached(url.hostname), [end.portOf(url)], why)
}

/** The connections of the ChatApps to Redis, which are to the master too where Sentinels know it. */
export function redisClientEdges(environment: Environment, chat: Pods): Edge[] {
  const { redis } = environment
  const why = 'presence, caches and broadcasts'
  if (redis.kind === 'external') {
    const urls = redis.endpoints.map((endpoint) => new URL(`redis://${endpoint}`))
    const ends = new Map(urls.map(({ hostname }) => [end.reached(hostname).name, end.reached(hostname)]))
    return [...ends.values()].map((to) => {
      const ports = urls
        .filter(({ hostname }) => end.reached(hostname).name === to.name)
        .map(({ port }) => Number(port))
      return edge(chat, to, [...new Set(ports)], why)
    })
  }
  return [
    edge(chat, end.redis(environment), [REDIS_PORT], why),
    ...(redis.kind === 'sentinel'
      ? [edge(chat, end.sentinel(environment), [SENTINEL_PORT], 'asks for the master')]
      : []),
  ]
}

export function redisEdges(environment: Environment): Edge[] {
  const { redis, dataNamespace } = environment
  if (redis.kind === 'external') return []
  const servers = end.redis(environment)
  const among = edge(servers, servers, [REDIS_PORT, REDIS_BUS_PORT], 'replication and the cluster bus')
  if (redis.kind === 'pods')
    return [among, edge(end.jobs('redis-join', dataNamespace), servers, [REDIS_PORT], 'joins the cluster')]
  const operated = [among, edge(end.operators, servers, [REDIS_PORT], 'its operator manages it')]
  if (redis.kind !== 'sentinel') return operated
  const sentinels = end.sentinel(environment)
  return [
    ...operated,
    edge(sentinels, servers, [REDIS_PORT], 'watch the master and its replicas'),
    edge(sentinels, sentinels, [SENTINEL_PORT], 'agree on a failover'),
    edge(servers, sentinels, [SENTINEL_PORT], 'asks for the master when it starts'),
    edge(end.operators, sentinels, [SENTINEL_PORT], 'its operator manages it'),
  ]
}

export function messagingEdges(environment: Environment): Edge[] {
  const { messaging, dataNamespace } = environment
  if (messaging === undefined) return []
  if (messaging.kind === 'external') {
    const { host, port = AMQPS_PORT } = messaging
    return [edge(end.chat(environment), end.reached(host), [port], 'queues')]
  }
  const rabbitmq = end.rabbitmq(messaging, dataNamespace)
  const [amqp, management] = messaging.tls ? [AMQPS_PORT, 15_671] : [AMQP_PORT, 15_672]
  return [
    edge(end.chat(environment), rabbitmq, [amqp], 'queues'),
    // 4369: epmd; 25672: the nodes.
    edge(rabbitmq, rabbitmq, [4369, 25_672], 'the nodes of the cluster'),
    edge(rabbitmq, end.apiServer, end.API_PORTS, 'finds the other nodes'),
    edge(end.operators, rabbitmq, [management], 'its operator declares the queues'),
  ]
}

export function storageEdges(cluster: Cluster): Edge[] {
  const { environment } = cluster
  const { storage } = environment
  const chat = end.chat(environment)
  if (storage === undefined) return []
  const buckets = end.jobs('storage-buckets', storage.namespace)
  if (storage.kind === 'external') {
    const url = new URL(storage.endpoint)
    return [toUrl(chat, url, 'files'), toUrl(buckets, url, 'creates buckets')]
  }
  const minio = end.minio(storage)
  return [
    edge(chat, minio, [S3_PORT], 'files'),
    edge(minio, minio, [S3_PORT], 'servers access the disks of each other'),
    edge(minio, end.apiServer, end.API_PORTS, 'its sidecar reads the configuration'),
    edge(buckets, minio, [S3_PORT], 'creates buckets and users'),
    edge(end.operators, minio, [S3_PORT], 'its operator manages it'),
    ...siteEdges(cluster, minio, buckets),
  ]
}

/**
 * Each Tenant, and the Job, connect to the storage URLs of all regions, their own included, which is an Ingress where
 * there is an edge.
 */
function siteEdges({ environment, region }: Cluster, minio: Pods, buckets: Pods): Edge[] {
  if (region === undefined) return []
  const urls = [region.own, ...region.peers].map(({ storageUrl }) => new URL(storageUrl))
  const ports = [...new Set(urls.map(end.portOf))]
  const replication = 'replication with another region'
  const joining = 'joins the storage of the regions'
  const away = [edge(minio, end.outside, ports, replication), edge(buckets, end.outside, ports, joining)]
  if (environment.edge === undefined) return [...away, edge(end.outside, minio, [S3_PORT], replication)]
  const own = [end.ingressPort(environment)]
  return [
    ...away,
    edge(minio, end.ingressController, own, replication),
    edge(buckets, end.ingressController, own, joining),
    edge(end.ingressController, minio, [S3_PORT], replication),
  ]
}
