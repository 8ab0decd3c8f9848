import {
  moveSlots,
  replaceNode,
  startRedisCluster,
  startRedisSentinels,
  type RedisCluster,
  type RedisSentinels,
  type RedisServer,
} from '@chat-app/sandbox-servers'
import { eventually, must } from '@chat-app/testing'
import { FaultProxy } from '../fault-proxy.ts'

const NODE_TIMEOUT_MS = 1000

/** The proxies of Redis servers: clients, replicas and sentinels know their ports alone. */
class Proxies {
  readonly #ofPort = new Map<number, FaultProxy>()

  readonly announce = async (port: number): Promise<number> => {
    const proxy = await FaultProxy.start(port)
    this.#ofPort.set(port, proxy)
    return proxy.port
  }

  of({ port }: RedisServer): FaultProxy {
    return must(this.#ofPort.get(port), 'the proxy of a Redis server')
  }

  async end(): Promise<void> {
    await Promise.all([...this.#ofPort.values()].map((proxy) => proxy[Symbol.asyncDispose]()))
  }
}

/** Makes servers unreachable, or lets clients reach them again. */
abstract class RedisSide {
  readonly #proxies: Proxies
  abstract readonly url: string
  abstract readonly servers: readonly RedisServer[]

  constructor(proxies: Proxies) {
    this.#proxies = proxies
  }

  proxyOf(server: RedisServer): FaultProxy {
    return this.#proxies.of(server)
  }

  /** A server that has died: dials are refused. */
  async kill(...servers: readonly RedisServer[]): Promise<void> {
    await Promise.all(servers.map(async (server) => Promise.all([this.proxyOf(server).refuse(), server.kill()])))
  }

  async start(...servers: readonly RedisServer[]): Promise<void> {
    await Promise.all(servers.map(async (server) => (await server.start(), this.proxyOf(server).open())))
  }

  protected endProxies(): Promise<void> {
    return this.#proxies.end()
  }

  /** Waits until all servers agree again. */
  abstract settle(): Promise<void>
  abstract end(): Promise<void>
}

export class ClusterSide extends RedisSide {
  readonly cluster: RedisCluster

  private constructor(cluster: RedisCluster, proxies: Proxies) {
    super(proxies)
    this.cluster = cluster
  }

  static async open(): Promise<ClusterSide> {
    const proxies = new Proxies()
    const cluster = await startRedisCluster({ nodeTimeoutMs: NODE_TIMEOUT_MS, announce: proxies.announce })
    return new ClusterSide(cluster, proxies)
  }

  get url(): string {
    return this.cluster.url
  }

  get servers(): readonly RedisServer[] {
    return this.cluster.nodes
  }

  moveSlots(from: RedisServer, to: RedisServer, count: number): Promise<number> {
    return moveSlots(this.cluster, { from, to, count })
  }

  replace(node: RedisServer): Promise<RedisServer> {
    return replaceNode(this.cluster, node)
  }

  async settle(): Promise<void> {
    await eventually(async () => {
      for (const node of this.servers) {
        const [info = '', replication = ''] = await node.commands([
          ['CLUSTER', 'INFO'],
          ['INFO', 'replication'],
        ])
        if (!info.includes('cluster_state:ok') || replication.includes('master_link_status:down')) return false
      }
      return (await this.cluster.masters()).length === this.servers.length / 2
    })
  }

  async end(): Promise<void> {
    for (const node of this.servers) node.resume()
    await this.cluster.stop()
    await this.endProxies()
  }
}

export class SentinelSide extends RedisSide {
  readonly #sentinels: RedisSentinels

  private constructor(sentinels: RedisSentinels, proxies: Proxies) {
    super(proxies)
    this.#sentinels = sentinels
  }

  static async open(): Promise<SentinelSide> {
    const proxies = new Proxies()
    return new SentinelSide(await startRedisSentinels({ announce: proxies.announce }), proxies)
  }

  get url(): string {
    return this.#sentinels.url
  }

  get servers(): readonly RedisServer[] {
    return [this.#sentinels.master, this.#sentinels.replica]
  }

  get sentinels(): readonly RedisServer[] {
    return this.#sentinels.sentinels
  }

  /** The server that the sentinels name as the master, and the other one. */
  async roles(): Promise<{ master: RedisServer; replica: RedisServer }> {
    const [sentinel] = this.sentinels
    const reply = await must(sentinel, 'a sentinel').command('SENTINEL', 'get-master-addr-by-name', 'mymaster')
    const port = Number(reply.split('\n')[1])
    const master = this.servers.find((server) => this.proxyOf(server).port === port)
    const replica = this.servers.find((server) => server !== master)
    return { master: must(master, 'the master'), replica: must(replica, 'the replica') }
  }

  async settle(): Promise<void> {
    await eventually(async () => {
      const { master, replica } = await this.roles()
      if (!(await master.command('ROLE')).startsWith('master')) return false
      const link = await replica.command('INFO', 'replication')
      if (!link.includes(`master_port:${this.proxyOf(master).port}`)) {
        // Sentinel does this too, some ten seconds later.
        await replica.command('REPLICAOF', '127.0.0.1', String(this.proxyOf(master).port))
        return false
      }
      if (!link.includes('master_link_status:up')) return false
      const views = await Promise.all(
        this.sentinels.map((sentinel) => sentinel.command('SENTINEL', 'MASTER', 'mymaster')),
      )
      return views.every((view) => view.includes('num-slaves\n1') && /flags\nmaster\n/.test(view))
    })
  }

  async end(): Promise<void> {
    for (const server of [...this.servers, ...this.sentinels]) server.resume()
    await this.#sentinels.stop()
    await this.endProxies()
  }
}
