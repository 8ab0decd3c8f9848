import { Redis } from 'ioredis'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Daemon, freePort, type HangingServer } from './daemon.ts'
import { makeFolder, removeFolder } from './folder.ts'
import { program } from './programs.ts'

/** A Redis server on 127.0.0.1. */
export interface RedisServer extends HangingServer {
  readonly port: number
  /** redis:// URL with the password. */
  readonly url: string
  /** Sends one command and returns the reply as text, in the format of `ask`. */
  command(...words: string[]): Promise<string>
  /** Sends commands over one connection, without waiting for the reply to one before the next. */
  commands(list: readonly (readonly string[])[]): Promise<string[]>
}

/** Gives the port at which a server's clients and other servers reach it, such as that of a proxy. */
export type Announce = (port: number) => Promise<number>

export interface RedisCluster {
  /** redis-cluster:// URL with the present nodes. */
  readonly url: string
  /** After the start, the first three nodes are masters, and the last three are their replicas, in the same order. */
  readonly nodes: readonly RedisServer[]
  /** Returns the nodes whose ROLE is master. */
  masters(): Promise<RedisServer[]>
  /** Starts an empty node that the others know, to replace one of them. */
  addNode(): Promise<RedisServer>
  /** Makes all other nodes forget this one, and ends it. */
  removeNode(node: RedisServer): Promise<void>
  stop(): Promise<void>
}

const HOST = '127.0.0.1'
const PASSWORD = 'sandbox-only'
const COMMAND_TIMEOUT_MS = 3000

export interface RedisLogin {
  readonly host: string
  readonly port: number
  /** Omitted for a server without a password. */
  readonly password?: string
}

/**
 * Sends one command over a new connection. Returns a list as lines, and null as an empty string.
 *
 * @throws Error with the reply of the server if it refuses the command, or if there is no reply within 3 s
 */
export async function ask(login: RedisLogin, command: readonly string[]): Promise<string> {
  const [reply = ''] = await askAll(login, [command])
  return reply
}

async function askAll(login: RedisLogin, commands: readonly (readonly string[])[]): Promise<string[]> {
  const timeouts = { connectTimeout: COMMAND_TIMEOUT_MS, commandTimeout: COMMAND_TIMEOUT_MS }
  const client = new Redis({
    ...login,
    ...timeouts,
    protocol: 2,
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: null,
  })
  let reason: Error | undefined
  client.on('error', (error: Error) => (reason = error))
  try {
    const replies = await Promise.all(commands.map(([name = '', ...args]) => client.call(name, ...args)))
    return replies.map(replyText)
  } catch (error) {
    // If the connection failed, the command's error is only that the connection is closed.
    throw reason ?? error
  } finally {
    client.disconnect()
  }
}

/** Formats a reply as redis-cli does: a list has a line for each entry, and null is empty. */
function replyText(reply: unknown): string {
  if (Array.isArray(reply)) return reply.map(replyText).join('\n')
  return typeof reply === 'string' || typeof reply === 'number' ? String(reply) : ''
}

export async function startRedis(): Promise<RedisServer> {
  const dir = makeFolder('redis')
  return startServer({ dir })
}

/**
 * Starts a Redis server with a configuration file.
 *
 * @param configuration text of the redis.conf; address, folder and password are added on the command line
 * @param options further options of the command line
 */
export async function startRedisWith(configuration: string, options: readonly string[] = []): Promise<RedisServer> {
  const dir = makeFolder('redis')
  const file = join(dir, 'redis.conf')
  await writeFile(file, configuration)
  return startServer({ dir, file, options: ['--requirepass', PASSWORD, '--masterauth', PASSWORD, ...options] })
}

export interface ClusterOptions {
  /** `cluster-node-timeout`. @default 2000 */
  readonly nodeTimeoutMs?: number
  /** @default the port of each node */
  readonly announce?: Announce
}

/** Starts three masters and three replicas. */
export async function startRedisCluster({
  nodeTimeoutMs = 2000,
  announce,
}: ClusterOptions = {}): Promise<RedisCluster> {
  const dir = makeFolder('redis-cluster')
  const ports = new Map<RedisServer, number>()
  let started = 0
  const startNode = async () => {
    const own = join(dir, String((started += 1)))
    await mkdir(own)
    const busPort = String(await freePort())
    const cluster = ['--cluster-enabled', 'yes', '--cluster-node-timeout', String(nodeTimeoutMs)]
    const bus = ['--cluster-port', busPort, '--cluster-config-file', 'nodes.conf']
    const port = await freePort()
    const announced = (await announce?.(port)) ?? port
    const announcing = ['--cluster-announce-port', String(announced), '--cluster-announce-bus-port', busPort]
    const node = await startServer({ dir: own, port, options: [...cluster, ...bus, ...(announce ? announcing : [])] })
    ports.set(node, announced)
    return node
  }
  const nodes = await Promise.all(Array.from({ length: 6 }, startNode))
  await formCluster(nodes)
  return {
    get url() {
      return `redis-cluster://:${PASSWORD}@${nodes.map((node) => `${HOST}:${ports.get(node)}`).join(',')}`
    },
    nodes,
    masters: async () => {
      const roles = await Promise.all(nodes.map((node) => node.command('ROLE').catch(() => '')))
      return nodes.filter((_, index) => roles[index]?.startsWith('master'))
    },
    addNode: async () => {
      const node = await startNode()
      const [known] = nodes as [Started]
      await known.command('CLUSTER', 'MEET', HOST, String(node.port), await busPortOf(node))
      nodes.push(node)
      await waitForReplies(nodes, 'CLUSTER INFO', (info) => info.includes(`cluster_known_nodes:${nodes.length}`))
      return node
    },
    removeNode: async (node) => {
      const id = await node.command('CLUSTER', 'MYID')
      nodes.splice(nodes.indexOf(node as Started), 1)
      await node.stop()
      // A node that hears of it from another one within a minute knows it again.
      await Promise.all(nodes.map((other) => other.command('CLUSTER', 'FORGET', id).catch(() => undefined)))
    },
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()))
      await removeFolder(dir)
    },
  }
}

interface ServerOptions {
  readonly dir: string
  /** @default a free one */
  readonly port?: number
  readonly options?: readonly string[]
  /** Path of a configuration file, which replaces the default settings. */
  readonly file?: string
  /** Whether the server has a password; a sentinel has none. @default true */
  readonly hasPassword?: boolean
}

interface Started extends RedisServer {
  logTail(): string
}

async function startServer(server: ServerOptions): Promise<Started> {
  const { dir, options = [], file, hasPassword = true, port = await freePort() } = server
  const { argv } = await program('redis-server')
  const login = { host: HOST, port, ...(hasPassword && { password: PASSWORD }) }
  const command = (...words: string[]) => ask(login, words)
  const daemon = new Daemon({
    name: 'redis-server',
    dir,
    argv: [...argv, ...(file === undefined ? settings(port, dir) : [file, ...place(port, dir)]), ...options],
    probe: async () => {
      if ((await command('PING')) !== 'PONG') throw new Error('no PONG')
    },
  })
  await daemon.start()
  return {
    port,
    url: `redis://:${PASSWORD}@${HOST}:${port}`,
    command,
    commands: (list) => askAll(login, list),
    kill: () => daemon.kill('SIGKILL'),
    start: () => daemon.start(),
    pause: () => daemon.pause(),
    resume: () => daemon.resume(),
    logTail: () => daemon.logTail(),
    stop: async () => {
      await daemon.kill('SIGKILL')
      await removeFolder(dir)
    },
  }
}

function settings(port: number, dir: string): string[] {
  const values = {
    bind: HOST,
    port,
    dir,
    requirepass: PASSWORD,
    masterauth: PASSWORD,
    save: '',
    appendonly: 'no',
    'repl-diskless-sync-delay': 0,
    // Redis disconnects a subscriber with more than 8 MiB of pending output, or more than 2 MiB for 10 s.
    'client-output-buffer-limit': 'pubsub 8mb 2mb 10',
  }
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)])
}

function place(port: number, dir: string): string[] {
  return ['--bind', HOST, '--port', String(port), '--dir', dir]
}

const SLOTS = 16_384

/** Does what `redis-cli --cluster create` does, and waits for the result of each step. */
async function formCluster(nodes: readonly Started[]): Promise<void> {
  const ports = await Promise.all(nodes.map(busPortOf))
  const [first] = nodes as [Started]
  for (const [index, node] of nodes.entries()) {
    await node.command('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
    if (index < 3) {
      const [from, to] = [Math.floor((index * SLOTS) / 3), Math.floor(((index + 1) * SLOTS) / 3) - 1]
      await node.command('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to))
    }
    if (index > 0) await first.command('CLUSTER', 'MEET', HOST, String(node.port), ports[index] ?? '')
  }
  await waitForReplies(nodes, 'CLUSTER INFO', (info) => info.includes('cluster_known_nodes:6'))
  const ids = await Promise.all(nodes.slice(0, 3).map((node) => node.command('CLUSTER', 'MYID')))
  for (const [index, node] of nodes.slice(3).entries())
    await waitForReplies([node], `CLUSTER REPLICATE ${ids[index]}`, (reply) => reply === 'OK')
  await waitForReplies(nodes, 'CLUSTER INFO', (info) => info.includes('cluster_state:ok'))
  await waitForReplies(nodes.slice(0, 3), 'INFO replication', (info) => info.includes('state=online'))
}

async function busPortOf(node: RedisServer): Promise<string> {
  return (await node.command('CONFIG', 'GET', 'cluster-port')).split('\n')[1] ?? ''
}

/** Each step takes at most 2 s on an idle machine. */
const JOIN_TIMEOUT_MS = 90_000
const JOIN_POLL_INTERVAL_MS = 50

/** Sends the command to each node until `isGood` accepts the reply. */
async function waitForReplies(
  nodes: readonly Started[],
  command: string,
  isGood: (reply: string) => boolean,
): Promise<void> {
  const deadline = Date.now() + JOIN_TIMEOUT_MS
  for (const node of nodes) {
    for (;;) {
      const reply = await node.command(...command.split(' ')).catch(String)
      if (isGood(reply)) break
      if (Date.now() > deadline) {
        const what = `redis ${node.port}: not in the expected state within ${JOIN_TIMEOUT_MS / 1000} s`
        throw new Error(`${what}. The reply to ${command} is:\n${reply}\n${node.logTail()}`)
      }
      await new Promise((resolve) => setTimeout(resolve, JOIN_POLL_INTERVAL_MS))
    }
  }
}

export interface RedisSentinels {
  /** redis+sentinel:// URL of the three sentinels. */
  readonly url: string
  readonly master: RedisServer
  readonly replica: RedisServer
  readonly sentinels: readonly RedisServer[]
  stop(): Promise<void>
}

/**
 * Starts one master, one replica and three sentinels, which consider the master down after 1 s without a reply.
 *
 * @param options.announce @default the port of each server
 */
export async function startRedisSentinels(options: { announce?: Announce } = {}): Promise<RedisSentinels> {
  const dir = makeFolder('redis-sentinel')
  const own = (name: string) => mkdir(join(dir, name), { recursive: true }).then(() => join(dir, name))
  const startAnnounced = async (name: string, more: readonly string[] = []) => {
    const port = await freePort()
    const announced = String((await options.announce?.(port)) ?? port)
    const announcing = ['--replica-announce-ip', HOST, '--replica-announce-port', announced]
    return { server: await startServer({ dir: await own(name), port, options: [...announcing, ...more] }), announced }
  }
  const { server: master, announced } = await startAnnounced('master')
  const { server: replica } = await startAnnounced('replica', ['--replicaof', `${HOST} ${announced}`])
  const sentinels = await Promise.all(
    [1, 2, 3].map(async (id) => startSentinel(await own(`sentinel-${id}`), Number(announced))),
  )
  await waitForReplies([replica], 'INFO replication', (info) => info.includes('master_link_status:up'))
  const knowsAll = (master: string) => master.includes('num-slaves\n1') && master.includes('num-other-sentinels\n2')
  await waitForReplies(sentinels, 'SENTINEL MASTER mymaster', knowsAll)
  return {
    url: `redis+sentinel://:${PASSWORD}@mymaster/${sentinels.map(({ port }) => `${HOST}:${port}`).join(',')}`,
    master,
    replica,
    sentinels,
    stop: async () => {
      await Promise.all([master, replica, ...sentinels].map((node) => node.stop()))
      await removeFolder(dir)
    },
  }
}

async function startSentinel(dir: string, masterPort: number): Promise<Started> {
  const file = join(dir, 'sentinel.conf')
  const lines = [
    `sentinel monitor mymaster ${HOST} ${masterPort} 2`,
    `sentinel auth-pass mymaster ${PASSWORD}`,
    'sentinel down-after-milliseconds mymaster 1000',
    'sentinel failover-timeout mymaster 5000',
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  return startServer({ dir, file, options: ['--sentinel'], hasPassword: false })
}
