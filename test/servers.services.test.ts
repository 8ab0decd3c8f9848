import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onPath, tool, whyNoTool } from '@chat-app/sandbox-machine'
import { freePort, startNginx, type Nginx } from '@chat-app/sandbox-servers'
import { loadConfig, type Command } from '@chat-app/services/config'
import { Crowd, type Service } from '@chat-app/services/testing'
import { eventually, must, uniqueName } from '@chat-app/testing'
import { parse } from 'yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// The samples of docs/servers.md.

const SAMPLES = join(import.meta.dirname, '..', 'examples', 'servers')
const run = promisify(execFile)

function sample(...path: string[]): Promise<string> {
  return readFile(join(SAMPLES, ...path), 'utf8')
}

describe('nginx in front of three nodes', () => {
  const RELOADS = 5
  const CLIENTS = 200
  const NODES = 3
  /** An address that is not that of the proxy. */
  const CLIENT = '127.0.0.2'

  /** The sample, with the ports of these processes in the order of the sample's. */
  async function front(port: number, ports: readonly { api: number; websocket: number }[]): Promise<Nginx> {
    let upstreams = await sample('nginx', 'upstreams.conf')
    for (const [index, { api, websocket }] of ports.entries()) {
      upstreams = upstreams
        .replace(`server 127.0.0.1:${8080 + 2 * index} `, `server 127.0.0.1:${api} `)
        .replace(`server 127.0.0.1:${8081 + 2 * index} `, `server 127.0.0.1:${websocket} `)
    }
    const chat = (await sample('nginx', 'chat.conf')).replace('listen 80;', `listen 127.0.0.1:${port};`)
    return startNginx({ 'upstreams.conf': upstreams, 'chat.conf': chat }, port)
  }

  test('loses nothing when it is reloaded, and when a node ends', async () => {
    const port = await freePort()
    let nginx: Nginx | undefined
    let server: Service | undefined
    const env = { DRAIN_PERIOD_SECONDS: '2', CONFIG_FILE: join(SAMPLES, 'chat-app.yml') }
    try {
      await using crowd = await Crowd.open({
        processes: NODES,
        clients: CLIENTS,
        env,
        front: async (api, processes) => {
          server = api
          nginx = await front(
            port,
            processes.map((websocket) => ({ api: api.port, websocket: websocket.port })),
          )
          return `ws://127.0.0.1:${port}/ws`
        },
      })
      expect(Math.max(...(await crowd.metric('chat_connections')))).toBe(CLIENTS)
      expect((await fetch(`http://127.0.0.1:${port}/api/chat/rooms`)).status).toBe(401)
      expect((await fetch(`http://127.0.0.1:${port}/actuator/health`)).status).toBe(404)
      expect(await upgrade(port, `http://127.0.0.1:${port}`)).toBe(401)
      expect(await upgrade(port, 'https://other.example.com')).toBe(403)
      expect(await addressOfFailedLogin(must(server, 'the API'), port)).toBe(CLIENT)

      for (let reloads = 0; reloads < RELOADS; reloads += 1) {
        const before = await workers(nginx)
        nginx?.reload()
        await eventually(async () => expect(newOf(await workers(nginx), before).length).toBeGreaterThan(0))
        const { acknowledged } = crowd.counts()
        await eventually(() => expect(crowd.counts().acknowledged).toBeGreaterThan(acknowledged + 5))
      }
      expect(crowd.closed).toEqual([])

      const counts = await crowd.metric('chat_connections')
      const [ending] = crowd.processes.splice(counts.indexOf(CLIENTS), 1)
      must(ending, 'the node of the clients').kill('SIGTERM')
      await eventually(async () => {
        const connections = await crowd.metric('chat_connections')
        expect(connections.reduce((sum, count) => sum + count, 0)).toBe(CLIENTS)
      })
      expect(crowd.closed).toHaveLength(CLIENTS)

      await crowd.finish()
      const { sent } = crowd.counts()
      await eventually(() =>
        expect(crowd.counts()).toMatchObject({ acknowledged: sent, lost: 0, duplicated: 0, reordered: 0 }),
      )
    } finally {
      await nginx?.stop()
    }
  })

  /** The status by which a page of this origin, which has no token, is refused. */
  async function upgrade(port: number, origin: string): Promise<number | undefined> {
    const headers = { Connection: 'Upgrade', Upgrade: 'websocket', Origin: origin }
    const key = { 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64') }
    const asked = request({ host: '127.0.0.1', port, path: '/ws', headers: { ...headers, ...key }, agent: false }).end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    response.resume()
    return response.statusCode
  }

  /** The address that the security log has of a log-in which names another one. */
  async function addressOfFailedLogin(api: Service, port: number): Promise<unknown> {
    const name = uniqueName('nobody')
    const body = JSON.stringify({ name, password: 'wrong horse' })
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.9' }
    const path = '/api/users/login'
    const options = { host: '127.0.0.1', port, path, method: 'POST', headers, localAddress: CLIENT, agent: false }
    const [response] = (await once(request(options).end(body), 'response')) as [IncomingMessage]
    response.resume()
    return eventually(() => {
      const line = api
        .output()
        .split('\n')
        .find((each) => each.includes(name))
      return (JSON.parse(must(line, 'the line of the log')) as { address?: unknown }).address
    })
  }

  /** Processes of nginx that serve, also those of before a reload. */
  async function workers(nginx: Nginx | undefined): Promise<readonly number[]> {
    const pid = must(nginx?.pid(), 'the process of nginx')
    return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean).map(Number)
  }

  function newOf(now: readonly number[], before: readonly number[]): number[] {
    return now.filter((pid) => !before.includes(pid))
  }
})

/** Variables in a file as systemd reads it. */
function variablesOf(file: string): Record<string, string> {
  const lines = file.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

const SECRETS = {
  DATABASE_URL: 'mysql://chat:secret@127.0.0.1:3306/chat',
  REDIS_URL: 'redis://127.0.0.1:6379',
  JWT_SECRET: 'a secret of more than 32 characters',
}

describe('the units of systemd', () => {
  const UNITS = ['chat-app-api@1', 'chat-app-websocket@3', 'chat-app-worker', 'chat-app-migrate'].map(
    (name) => `${name}.service`,
  )
  /** Of 100, where a unit without any setting has 96. */
  const MAX_EXPOSURE = 15
  let root: string

  // What `systemd-analyze` looks up, without the units of this machine.
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'chat-units-'))
    const units = join(root, 'etc', 'systemd', 'system')
    await cp(join(SAMPLES, 'systemd', 'units'), units, { recursive: true })
    for (const name of ['sysinit', 'basic', 'shutdown', 'network-online', 'multi-user'])
      await writeFile(join(units, `${name}.target`), `[Unit]\nDescription=${name}\n`)
    for (const program of ['opt/chat-app/node', 'usr/bin/env']) {
      await mkdir(join(root, program, '..'), { recursive: true })
      await writeFile(join(root, program), '', { mode: 0o755 })
    }
  })

  afterAll(() => rm(root, { recursive: true, force: true }))

  test.skipIf(onPath('systemd-analyze') === undefined)('are valid', async () => {
    const { stdout, stderr } = await run('systemd-analyze', ['verify', `--root=${root}`, ...UNITS, 'chat-app.target'])
    expect(stdout + stderr).toBe('')
  })

  test.skipIf(onPath('systemd-analyze') === undefined)('allow little', async () => {
    const options = ['--offline=true', `--root=${root}`, `--threshold=${MAX_EXPOSURE}`, '--no-pager']
    for (const unit of UNITS) {
      const { stdout } = await run('systemd-analyze', ['security', ...options, unit])
      expect(stdout).toContain('Overall exposure level')
    }
  })

  test('give each process a configuration and a port of its own', async () => {
    const shared = { ...variablesOf(await sample('systemd', 'env', 'chat-app.env')), ...SECRETS }
    const files = (await readdir(join(SAMPLES, 'systemd', 'env'))).filter((name) => name.startsWith('node-'))
    const ports: string[] = []
    for (const file of files) {
      const { API_PORT, API_METRICS_PORT, WEBSOCKET_PORT, WEBSOCKET_METRICS_PORT, ...node } = variablesOf(
        await sample('systemd', 'env', file),
      )
      const processes: [Command, string | undefined, string | undefined][] = [
        ['api', API_PORT, API_METRICS_PORT],
        ['websocket', WEBSOCKET_PORT, WEBSOCKET_METRICS_PORT],
      ]
      for (const [command, port = '', metrics = ''] of processes) {
        const env = { ...shared, CONFIG_FILE: join(SAMPLES, 'chat-app.yml'), SERVER_PORT: port, METRICS_PORT: metrics }
        const config = loadConfig(command, { ...env, ...node })
        expect(config.service.server.trusted_proxies).toEqual(['127.0.0.1/32'])
        ports.push(port, metrics)
      }
    }
    expect(files).toHaveLength(3)
    for (const unit of ['chat-app-worker', 'chat-app-migrate']) {
      const [, port = '', metrics = ''] =
        /^Environment=SERVER_PORT=(\d+) METRICS_PORT=(\d+)$/m.exec(
          await sample('systemd', 'units', `${unit}.service`),
        ) ?? []
      // 0 is any free port.
      if (port !== '0') ports.push(port, metrics)
    }
    expect(ports).toHaveLength(14)
    expect(new Set(ports).size).toBe(ports.length)
    const upstreams = await sample('nginx', 'upstreams.conf')
    for (const port of ports.filter((port) => port.startsWith('808'))) expect(upstreams).toContain(`127.0.0.1:${port} `)
  })
})

describe('the Compose file', () => {
  const NO_TOOL = whyNoTool('compose')
  const VARIABLES: Record<string, string> = {
    REGISTRY: 'registry.example.com/chat-app',
    VERSION: '1.4.2',
    DATABASE_PASSWORD: 'secret',
    JWT_SECRET: SECRETS.JWT_SECRET,
  }

  interface Container {
    readonly command?: readonly string[]
    readonly environment?: Readonly<Record<string, string>>
    readonly depends_on?: Readonly<Record<string, unknown>>
    readonly configs?: readonly { readonly source: string }[]
  }

  interface Compose {
    readonly services: Readonly<Record<string, Container>>
    readonly configs: Readonly<Record<string, { readonly file: string }>>
  }

  const filled = (text: string) => text.replace(/\$\{(\w+)(?::\?[^}]*)?\}/g, (_, name: string) => VARIABLES[name] ?? '')

  test.skipIf(NO_TOOL !== undefined)('conforms to the Compose Specification', async () => {
    const program = await tool('compose')
    const { stdout } = await run(program, ['-no-interpolation', '-format=json', join(SAMPLES, 'docker-compose.yml')])
    const { services, configs } = JSON.parse(stdout) as Compose
    for (const [name, service] of Object.entries(services)) {
      for (const other of Object.keys(service.depends_on ?? {})) expect(services, name).toHaveProperty([other])
      for (const { source } of service.configs ?? []) expect(configs, name).toHaveProperty([source])
    }
  })

  test('gives each process of the chat a valid configuration, and nginx the nodes', async () => {
    const { services, configs } = parse(filled(await sample('docker-compose.yml')), { merge: true }) as Compose
    const ours = Object.values(services).filter(({ environment = {} }) => 'NODE_ID' in environment)
    const numbers = Object.groupBy(ours, ({ command }) => command?.[0] ?? '')
    expect(Object.fromEntries(Object.entries(numbers).map(([command, of]) => [command, of?.length]))).toEqual({
      api: 3,
      websocket: 3,
      worker: 1,
      migrate: 1,
    })
    const CONFIG_FILE = join(SAMPLES, must(configs['chat']?.file, 'the configuration of the chat'))
    for (const { command, environment } of ours) {
      const config = loadConfig(command?.[0] as Command, { ...environment, CONFIG_FILE })
      expect(config.redis.url).toBe('redis://redis:6379')
      expect(config.service.server.trusted_proxies).toEqual(['10.89.7.2/32'])
    }
    const upstreams = await sample(must(configs['upstreams']?.file, 'the upstreams'))
    const named = [...upstreams.matchAll(/server (\S+):(\d+) /g)]
    expect(named.map(([, host]) => host)).toEqual(
      ['api', 'websocket'].flatMap((command) => [1, 2, 3].map((node) => `${command}-${node}`)),
    )
    for (const [, host = '', port] of named) {
      expect(services).toHaveProperty([host])
      expect(port).toBe(host.startsWith('api') ? '8080' : '8085')
    }
  })
})
