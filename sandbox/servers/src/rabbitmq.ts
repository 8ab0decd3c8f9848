import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { once } from 'node:events'
import { inRoot } from '@chat-app/sandbox-machine'
import { Daemon, freePort, type Server } from './daemon.ts'
import { makeFolder, removeFolder } from './folder.ts'
import { installed, node, writePrograms, type Installed } from './erlang.ts'

/** A RabbitMQ node on 127.0.0.1. `user` is its administrator. */
export interface RabbitMq extends Server {
  readonly host: string
  /** Port of AMQP. */
  readonly port: number
  /** URL of the HTTP API, without credentials. */
  readonly api: string
  readonly user: string
  readonly password: string
  /** Returns the end of the log. */
  logTail(): string
}

const HOST = '127.0.0.1'
const CREDENTIALS = { user: 'sandbox', password: 'sandbox-only' }

/**
 * Starts a RabbitMQ node.
 *
 * @param configuration lines of a rabbitmq.conf; addresses and the default user are added
 */
export async function startRabbitMq(configuration: string): Promise<RabbitMq> {
  const debian = await installed()
  const dir = makeFolder('rabbitmq')
  const ports = { amqp: await freePort(), api: await freePort(), nodes: await freePort(), names: await freePort() }
  const conf = configured(configuration, ports)
  await writeFile(join(dir, 'rabbitmq.conf'), conf)
  await writeFile(join(dir, 'enabled_plugins'), '[rabbitmq_management].')
  await writePrograms(debian, join(dir, 'bin'))

  const names = new Daemon({
    name: 'epmd',
    dir,
    argv: [...inRoot(debian.root, join(debian.programs, 'epmd')), '-address', HOST, '-port', String(ports.names)],
    probe: () => listening(ports.names),
  })
  const api = `http://${HOST}:${ports.api}/api`
  const server = new Daemon({
    name: 'rabbitmq',
    dir,
    argv: ['env', ...environment(debian, dir, ports), ...node(debian, dir, ports.names)],
    // The HTTP API responds before the AMQP listeners are open.
    probe: async () => {
      for (const port of listeners(conf)) await listening(port)
      await healthy(api)
    },
  })
  const end = async () => {
    await server.kill()
    await names.kill()
    await removeFolder(dir)
  }
  try {
    await names.start()
    await server.start()
  } catch (error) {
    await end()
    throw error
  }
  return {
    host: HOST,
    port: ports.amqp,
    api,
    ...CREDENTIALS,
    kill: () => server.kill(),
    start: () => server.start(),
    logTail: () => server.logTail(),
    stop: end,
  }
}

interface Ports {
  readonly amqp: number
  readonly api: number
  /** Port for connections between nodes. */
  readonly nodes: number
  /** Port of epmd, which maps the names of nodes to their ports. */
  readonly names: number
}

function configured(configuration: string, ports: Ports): string {
  const own = {
    'listeners.tcp.default': `${HOST}:${ports.amqp}`,
    'management.tcp.ip': HOST,
    'management.tcp.port': ports.api,
    // The statistics of the HTTP API are at most this old, milliseconds.
    collect_statistics_interval: 200,
    default_user: CREDENTIALS.user,
    default_pass: CREDENTIALS.password,
  }
  const lines = Object.entries(own).map(([name, value]) => `${name} = ${value}`)
  return `${configuration}\n${lines.join('\n')}\n`
}

/** Returns the ports of the AMQP listeners in a rabbitmq.conf, with and without TLS. */
function listeners(conf: string): number[] {
  return [...conf.matchAll(/^listeners\.\S+ *= *(?:\S*:)?(\d+) *$/gm)].map(([, port]) => Number(port))
}

function environment({ erlang, server }: Installed, dir: string, ports: Ports): string[] {
  const values = {
    HOME: dir,
    ROOTDIR: erlang,
    BINDIR: join(dir, 'bin'),
    EMU: 'beam',
    PROGNAME: 'erl',
    ERL_LIBS: join(server, 'plugins'),
    RABBITMQ_HOME: server,
    RABBITMQ_PLUGINS_DIR: join(server, 'plugins'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'enabled_plugins'),
    RABBITMQ_CONFIG_FILE: join(dir, 'rabbitmq.conf'),
    RABBITMQ_CONFIG_FILES: join(dir, 'none'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(dir, 'none'),
    RABBITMQ_CONF_ENV_FILE: join(dir, 'none'),
    RABBITMQ_NODENAME: 'rabbit@localhost',
    RABBITMQ_NODE_PORT: ports.amqp,
    RABBITMQ_DIST_PORT: ports.nodes,
    RABBITMQ_MNESIA_BASE: join(dir, 'data'),
    RABBITMQ_LOG_BASE: join(dir, 'log'),
    RABBITMQ_LOGS: '-',
  }
  return Object.entries(values).map(([name, value]) => `${name}=${value}`)
}

async function listening(port: number): Promise<void> {
  const socket = connect(port, HOST)
  await once(socket, 'connect').finally(() => socket.destroy())
}

async function healthy(api: string): Promise<void> {
  const authorization = `Basic ${btoa(`${CREDENTIALS.user}:${CREDENTIALS.password}`)}`
  const response = await fetch(`${api}/overview`, { headers: { authorization }, signal: AbortSignal.timeout(5000) })
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
}
