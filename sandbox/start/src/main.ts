import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { readArguments, runCommand, showSteps, usageError, type Command, type Steps } from '@chat-app/cli'
import { startBalancer, startMariaDb, startRedisCluster, type NodePorts } from '@chat-app/sandbox-servers'
import { buildWeb } from '@chat-app/web/build'
import { ChatNode } from './node.ts'
import { claim, LOGS } from './state.ts'

const NODES = 3
const FIRST_PORT = 8080
const ADDRESS_PORT = 8090
const STEPS = 6
const CHECKOUT = join(import.meta.dirname, '..', '..', '..')
const MAIN = join(CHECKOUT, 'services', 'src', 'main.ts')
const CONFIG = join(CHECKOUT, 'services', 'config', 'production.yml')

const command = {
  name: 'npm start',
  usage: ['[-- option...]'],
  about: [
    'Runs the chat on this machine, without Kubernetes: MariaDB and a Redis Cluster, three nodes, and one address in front of them. It goes on until Ctrl-C, or npm run stop. Debian packages are downloaded and unpacked once; nothing is installed.',
  ],
  options: {
    port: { value: 'PORT', help: 'port of the address', default: String(ADDRESS_PORT) },
    'first-port': {
      value: 'PORT',
      help: 'port of the first API; the others follow it, two for each node',
      default: String(FIRST_PORT),
    },
  },
  variables: {
    CHAT_APP_SANDBOX_STATE: 'folder for its number and its logs, instead of .sandbox and logs in the checkout',
    DATABASE_URL:
      'mysql:// URL of a database to use, which keeps the messages; without it a new one is started and removed',
    REDIS_URL: 'redis:// or redis-cluster:// URL to use instead of a new Redis Cluster',
  },
  examples: { 'npm start': 'run the chat at http://127.0.0.1:8090' },
  exitCodes: { 0: 'ended by Ctrl-C or npm run stop', 1: 'it could not start' },
} as const satisfies Command

interface Stoppable {
  stop(): Promise<unknown>
}

await runCommand(command, async (args) => {
  const { values } = readArguments(command, args)
  const port = portOf('--port', values.port ?? String(ADDRESS_PORT))
  const first = portOf('--first-port', values['first-port'] ?? String(FIRST_PORT))
  const nodes = Array.from({ length: NODES }, (_, index) => ({
    name: `node-${index + 1}`,
    api: first + 2 * index,
    websocket: first + 2 * index + 1,
  }))
  await claim()
  await assertFree([port, ...nodes.flatMap(({ api, websocket }) => [api, websocket])])
  const steps = showSteps()
  const chat: Chat = { port, nodes, servers: [], running: [] }
  const signalled = new Promise<void>((resolve) => {
    // Not once: a second Ctrl-C must not end this process before its children.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
  })
  try {
    await Promise.race([start(steps, chat), signalled])
    await signalled
  } finally {
    steps.end()
    await stop(chat)
  }
  process.exit(0)
})

interface Chat {
  readonly port: number
  readonly nodes: readonly NodePorts[]
  /** Servers that were started, which end after the nodes. */
  readonly servers: Stoppable[]
  readonly running: ChatNode[]
}

/** The nodes end at the same time, so that it takes 5 s at most. */
async function stop({ servers, running }: Chat): Promise<void> {
  const ended = await Promise.all(running.map(async (node) => `${node.ports.name} ${await node.stop()}`))
  for (const line of ended) console.log(line)
  for (const server of servers.toReversed()) await server.stop()
}

async function start(steps: Steps, { port, nodes, servers, running }: Chat): Promise<void> {
  const web = join(CHECKOUT, 'web', 'dist')
  const [database, redis] = await steps.run('MariaDB, Redis and the page', STEPS, async () => {
    const [url, redisUrl] = await Promise.all([openDatabase(servers), openRedis(servers), buildWeb(web)])
    return [url, redisUrl] as const
  })
  const env = {
    DATABASE_URL: database,
    REDIS_URL: redis,
    BROADCAST_REDIS_URL: redis,
    JWT_SECRET: randomBytes(32).toString('base64url'),
    SERVER_HOST: '127.0.0.1',
    METRICS_PORT: '0',
    ENVIRONMENT: 'local',
    DRAIN_PERIOD_SECONDS: '2',
    SHUTDOWN_DELAY_SECONDS: '0',
    CONFIG_FILE: CONFIG,
    WEB_ROOT: web,
    TERMINATION_LOG: join(LOGS, 'migrate.log'),
  }
  await steps.run('the schema of the database', STEPS, () => migrate(env))
  for (const [index, ports] of nodes.entries()) {
    const node = new ChatNode(ports, env, join(LOGS, `node${index + 1}.log`))
    running.push(node)
    await steps.run(`${ports.name} on ${ports.api} and ${ports.websocket}`, STEPS, () =>
      node.start((name) =>
        steps.print(`${name} of ${ports.name} has ended, the others go on: see logs/node${index + 1}.log`),
      ),
    )
  }
  const balancer = await steps.run('the address', STEPS, () => startBalancer(port, nodes))
  servers.push(balancer)
  console.log(
    `\nThe chat runs: ${balancer.url}\nOpen it in two windows. Logs are in logs/. Ctrl-C, or npm run stop, ends it.`,
  )
}

async function openDatabase(servers: Stoppable[]): Promise<string> {
  const given = process.env['DATABASE_URL']
  if (given) return given
  const server = await startMariaDb()
  servers.push(server)
  return server.url
}

async function openRedis(servers: Stoppable[]): Promise<string> {
  const given = process.env['REDIS_URL']
  if (given) return given
  const cluster = await startRedisCluster()
  servers.push(cluster)
  return cluster.url
}

async function migrate(env: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn(process.execPath, [MAIN, 'migrate'], {
    // Any free port: nobody asks for its metrics.
    env: { PATH: process.env['PATH'] ?? '', ...env, SERVER_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`migrate failed:\n${output.slice(-2000)}`)
}

function portOf(option: string, text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_530) return port
  throw usageError(command, `${option} ${JSON.stringify(text)}: must be a number from 1 to 65529`)
}

/** @throws Error that names a port that another program uses */
async function assertFree(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const server = createServer().listen(port, '127.0.0.1')
    await Promise.race([
      once(server, 'listening'),
      once(server, 'error').then(([error]) => Promise.reject(error as Error)),
    ]).catch((error: Error) => {
      throw new Error(`port ${port}: ${error.message}: use --port and --first-port to choose others`, { cause: error })
    })
    server.close()
    await once(server, 'close')
  }
}
