import {
  freePort,
  startNginx,
  startProxy,
  startRedis,
  type Haproxy,
  type Nginx,
  type RedisServer,
} from '@chat-app/sandbox-servers'
import { createAuthority, type Authority } from '@chat-app/sandbox-machine'
import { JWT_SECRET, openStore, startService, type Service } from '@chat-app/services/testing'
import { eventually, must, uniqueName } from '@chat-app/testing'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SecurityLog } from '../src/commands/doctor/edge/address.ts'
import { findingsOf } from '../src/commands/doctor/edge/check.ts'
import { ask, type Edge } from '../src/commands/doctor/edge/edge.ts'
import type { Cause } from '../src/commands/doctor/edge/judge.ts'
import { measure } from '../src/commands/doctor/edge/measure.ts'
import type { Measured } from '../src/commands/doctor/edge/measured.ts'
import { tokenFor } from '../src/commands/doctor/edge/token.ts'

const SECONDS = 6
/** Above every idle time-out of the tests, so that a socket is idle in between. */
const HEARTBEAT = { interval_ms: 1700, timeout_ms: 4000 }
const CLIENT = '127.0.0.2'
const RELOAD_AFTER_MS = 1500

const NGINX = ['right', 'tls', 'idle', 'upgrade', 'body', 'subprotocol', 'header', 'number', 'reload']

let dir: string
let authority: Authority
let store: Awaited<ReturnType<typeof openStore>>
let redis: RedisServer
let api: Service
let websocket: Service
const stops: (() => Promise<unknown>)[] = []
const ports: Record<string, number> = {}
const measured: Record<string, Measured> = {}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'chat-edge-'))
  const file = join(dir, 'production.yml')
  const limits = { logins_per_minute: 0, failed_logins_of_address_per_minute: 0, connections_per_user: 0 }
  const server = { bcrypt_cost: 4, trusted_proxies: ['127.0.0.1/32'] }
  await writeFile(file, JSON.stringify({ server, limits, heartbeat: HEARTBEAT }))
  ;[store, redis] = await Promise.all([openStore(), startRedis()])
  const env = { DATABASE_URL: store.mariaDb.url, REDIS_URL: redis.url, JWT_SECRET, CONFIG_FILE: file }
  ;[api, websocket] = await Promise.all([startService('api', env), startService('websocket', env)])
  for (const name of [...NGINX, 'h-right', 'h-idle', 'h-http2', 'h-forged', 'h-hidden', 'total', 'buffering'])
    ports[name] = await freePort()
  authority = await createAuthority('edge')
  const started = await Promise.all([nginxes(), haproxy(), cutter(), holder()])
  const token = await store.token()
  const reloading = started[0][1]
  const measuring = Object.keys(ports).map(async (name) => {
    measured[name] = await measureAt(name, token)
  })
  setTimeout(() => reloading.reload(), RELOAD_AFTER_MS)
  await Promise.all(measuring)
})

afterAll(async () => {
  await Promise.all(stops.map((stop) => stop()))
  await Promise.all([api, websocket, redis].map((each) => each?.stop()))
  await store?.[Symbol.asyncDispose]()
  await rm(dir, { recursive: true, force: true })
})

/** What the operator of the services sees. */
const log: SecurityLog = {
  addressOf: (user) =>
    eventually(() => {
      const line = must(
        api
          .output()
          .split('\n')
          .find((each) => each.includes(user)),
      )
      return (JSON.parse(line) as { address: string }).address
    }),
  inside: async () => new Set(),
}

function measureAt(name: string, token: string): Promise<Measured> {
  const edge = (scheme: string): Edge => ({
    url: new URL(`${scheme}${name === 'tls' ? 's' : ''}://chat.example.com`),
    ca: authority.certificate,
    address: { host: '127.0.0.1', port: must(ports[name]) },
    localAddress: CLIENT,
  })
  // What is no proxy of HTTP names no client.
  const isTcp = name === 'total' || name === 'buffering'
  return measure({
    websocket: edge('ws'),
    api: edge('http'),
    token,
    seconds: SECONDS,
    silenceMs: HEARTBEAT.timeout_ms,
    paceMs: 200,
    lateMs: 900,
    timeoutMs: 5000,
    ...(!isTcp && { log }),
  })
}

const UPGRADE = 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'
const FORWARDED = 'proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;'
const SIZES = 'client_max_body_size 1m;'
const LONG = 'proxy_read_timeout 3600s; proxy_send_timeout 3600s;'

async function nginxes(): Promise<[Nginx, Nginx]> {
  const identity = await authority.issue({ commonName: 'chat', dnsNames: ['chat.example.com'], usages: ['server'] })
  const [certificate, key] = [join(dir, 'tls.crt'), join(dir, 'tls.key')]
  await Promise.all([writeFile(certificate, identity.certificate), writeFile(key, identity.key)])
  const server = (name: string, websocketSettings: string, settings = SIZES, listen = '') => `
  server {
    listen 127.0.0.1:${ports[name]} ${listen};
    ${settings}
    ${FORWARDED}
    location /api { proxy_pass http://127.0.0.1:${api.port}; }
    location / { ${websocketSettings} proxy_pass http://127.0.0.1:${websocket.port}; }
  }`
  const usual = [
    'limit_conn_zone $server_port zone=sockets:1m;',
    server('right', `${UPGRADE} ${LONG}`),
    server(
      'tls',
      `${UPGRADE} ${LONG}`,
      `${SIZES} ssl_certificate ${certificate}; ssl_certificate_key ${key};`,
      'ssl http2',
    ),
    server('subprotocol', `${UPGRADE} ${LONG} proxy_set_header Sec-WebSocket-Protocol "";`),
    server(
      'header',
      `${UPGRADE} ${LONG}`,
      `${SIZES} connection_pool_size 256; client_header_buffer_size 128; large_client_header_buffers 4 256;`,
    ),
    server('number', `${UPGRADE} ${LONG} limit_conn sockets 2;`),
    server('idle', `${UPGRADE} proxy_read_timeout 1s;`),
    server('upgrade', LONG),
    server('body', `${UPGRADE} ${LONG}`, 'client_max_body_size 1k;'),
  ]
  const both = await Promise.all([
    startNginx({ 'edges.conf': usual.join('\n') }, must(ports['right'])),
    startNginx(
      { 'edge.conf': server('reload', `${UPGRADE} ${LONG}`) },
      must(ports['reload']),
      'worker_shutdown_timeout 1s;',
    ),
  ])
  stops.push(...both.map((each) => () => each.stop()))
  return both
}

async function haproxy(): Promise<Haproxy> {
  const proxy = (name: string, settings: string, bind = '') => `
frontend ${name}
  bind 127.0.0.1:${ports[name]} ${bind}
  use_backend ${name}-api if { path_beg /api }
  default_backend ${name}-websocket
backend ${name}-api
  ${settings}
  server service 127.0.0.1:${api.port}
backend ${name}-websocket
  ${settings}
  server service 127.0.0.1:${websocket.port}
`
  const forwarded = 'option forwardfor'
  const started = await startProxy(
    must(ports['h-right']),
    `global
  h2-workaround-bogus-websocket-clients
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
  timeout tunnel 1h
${proxy('h-right', forwarded)}
${proxy('h-idle', `${forwarded}\n  timeout tunnel 1s`)}
${proxy('h-http2', forwarded, 'proto h2')}
${proxy('h-forged', '')}
${proxy('h-hidden', 'http-request del-header X-Forwarded-For')}
`,
  )
  stops.push(() => started.stop())
  return started
}

/** Cuts each connection at an age. */
function cutter(): Promise<void> {
  return tcp('total', (client, server) => {
    client.pipe(server)
    server.pipe(client)
    setTimeout(() => client.destroy(), 2000)
  })
}

/** Passes what the services send once a while. */
function holder(): Promise<void> {
  return tcp('buffering', (client, server) => {
    client.pipe(server)
    const waiting: Buffer[] = []
    const flush = () => void client.write(Buffer.concat(waiting.splice(0)))
    server.on('data', (data: Buffer) => waiting.push(data)).on('end', flush)
    const timer = setInterval(flush, 1500)
    client.on('close', () => clearInterval(timer))
  })
}

/** A proxy of TCP in front of the haproxy whose settings are right. */
async function tcp(name: string, pass: (client: Socket, server: Socket) => void): Promise<void> {
  const sockets = new Set<Socket>()
  const listener: Server = createServer((client) => {
    const server = connect(must(ports['h-right']), '127.0.0.1')
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => [client, server].forEach((each) => each.destroySoon()))
    }
    pass(client, server)
  })
  await new Promise<void>((resolve) => listener.listen(ports[name], '127.0.0.1', resolve))
  stops.push(async () => {
    sockets.forEach((socket) => socket.destroy())
    listener.close()
  })
}

describe('the edge that is measured', () => {
  test.each(['right', 'tls', 'h-right'])('has no finding with right settings (%s)', (name) => {
    const findings = findingsOf(must(measured[name]), 'chat.example.com', undefined)
    expect(findings).toMatchObject([{ level: 'ok' }])
    expect(must(measured[name]).held).toHaveLength(4)
    expect(must(measured[name]).seen).toMatchObject({ seen: CLIENT })
  })

  const wrong: readonly (readonly [name: string, cause: Cause, figure: RegExp])[] = [
    ['idle', 'IdleTimeout', /cut after (0\.[89]|1|1\.\d) s without a frame \(code 1006\)/],
    ['upgrade', 'MissingUpgrade', /HTTP 404/],
    ['body', 'BodyLimit', /request of 92160 bytes.*HTTP 413/],
    ['subprotocol', 'DroppedHeader', /Authorization does \(HTTP 401\)/],
    ['header', 'BodyLimit', /headers of an upgrade/],
    ['number', 'ConnectionLimit', /HTTP 503/],
    ['reload', 'Reload', /different ages are cut at one moment/],
    ['h-idle', 'IdleTimeout', /cut after (0\.[89]|1|1\.\d) s without a frame/],
    ['h-http2', 'NoExtendedConnect', /HTTP\/2 alone, without extended CONNECT/],
    ['h-forged', 'ForgedAddress', /192\.0\.2\.77/],
    ['h-hidden', 'HiddenClients', /127\.0\.0\.1, which is a proxy/],
    ['total', 'TotalTimeout', /(1\.9|2|2\.\d) s after it was opened although frames go both ways/],
    ['buffering', 'Buffering', /frames were answered late/],
  ]
  test.each(wrong)('is named: %s is %s', (name, cause, figure) => {
    const findings = findingsOf(must(measured[name]), 'chat.example.com', 'k8s.io/ingress-nginx')
    expect(findings.map(({ reason }) => reason)).toEqual([cause])
    expect(findings[0]?.what).toMatch(figure)
  })

  test('is mended by the annotation of its controller, and by none where that is unknown', () => {
    const fixOf = (controller: string) => findingsOf(must(measured['idle']), 'h', controller)[0]?.fix
    expect(fixOf('k8s.io/ingress-nginx')).toContain('nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"')
    expect(fixOf('haproxy.org/ingress-controller/haproxy')).toMatch(/: timeout-tunnel: "3600s" in the ConfigMap/)
    expect(fixOf('example.com/other')).toMatch(/^raise the idle time-out of the proxy[^:]*$/)
  })

  test('is measured by a user who is logged in, and out again', async () => {
    const edge: Edge = {
      url: new URL('http://chat.example.com'),
      address: { host: '127.0.0.1', port: must(ports['h-right']) },
    }
    const [name, password] = [uniqueName('probe'), 'correct horse battery']
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ name, password })
    await ask(edge, { method: 'POST', path: '/api/users/register', headers, body, timeoutMs: 5000 })
    const granted = await tokenFor(edge, { CHATAPP_USER: name, CHATAPP_PASSWORD: password }, 5000)
    if (typeof granted === 'string') throw new Error(granted)
    const own = {
      path: '/api/users/me/sessions',
      headers: { authorization: `Bearer ${granted.token}` },
      timeoutMs: 5000,
    }
    expect((await ask(edge, own)).status).toBe(200)
    await granted.end()
    await eventually(async () => expect((await ask(edge, own)).status).toBe(401))
    expect(await tokenFor(edge, { CHATAPP_USER: name, CHATAPP_PASSWORD: 'wrong' }, 5000)).toBe(
      'the log-in of CHATAPP_USER is answered with HTTP 401',
    )
    expect(await tokenFor(edge, {}, 5000)).toContain('set CHATAPP_TOKEN')
    const { seen, request, ...without } = await measureAt('h-right', 'none')
    expect([seen?.seen, request?.isTaken]).toEqual([CLIENT, true])
    expect(findingsOf({ ...without, held: [] }, 'h', undefined)).toMatchObject([
      { level: 'skipped', what: expect.stringContaining('refuses the socket: unauthorized') as string },
    ])
  })
})
