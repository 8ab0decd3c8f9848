import { createHash } from 'node:crypto'
import { createServer, request, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { declaredFacts, desired, model } from '@chat-app/chat'
import { chatApp } from '@chat-app/platform'
import { local } from '@chat-app/environments'
import { one, type Loose } from '@chat-app/chat/testing'
import { freePort, startNginx, startProxy } from '@chat-app/sandbox-servers'
import { activeCluster } from '@chat-app/synth'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// The annotations of each profile, as the directives that its controller makes of them, in Debian's real nginx and haproxy. The
// controllers' own defaults of 50 or 60 s are 1 s here, so that an idle connection is cut soon.

const IDLE_MS = 2500

/** RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** A server that accepts each WebSocket and then says nothing. */
const server = createServer((_, response) => response.end('ok'))
const sockets = new Set<Socket>()
let target: string

beforeAll(async () => {
  server.on('upgrade', ({ headers }: IncomingMessage, socket: Socket) => {
    sockets.add(socket.on('error', () => socket.destroy()))
    const accepted = createHash('sha1').update(`${headers['sec-websocket-key']}${GUID}`).digest('base64')
    const answer = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket']
    socket.write(`${[...answer, `Sec-WebSocket-Accept: ${accepted}`].join('\r\n')}\r\n\r\n`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  target = `127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
  server.closeAllConnections()
})

/** The annotations of a profile with this prefix, without it. */
function annotations(profile: 'nginx' | 'haproxy', prefix: string): [string, string][] {
  const hosts = { api: 'api.example.com', websocket: 'ws.example.com' }
  const exposure = { type: 'Ingress', hosts, ingress: { className: 'any', profile } } as const
  const app = chatApp(activeCluster(local))
  const objects = desired(model({ ...app, spec: { ...app.spec, exposure } }), declaredFacts) as Loose[]
  const found = one(objects, 'Ingress', 'chat-app-websocket').metadata.annotations as Record<string, string>
  return Object.entries(found).flatMap(([key, value]) =>
    key.startsWith(`${prefix}/`) ? [[key.slice(prefix.length + 1), value] as [string, string]] : [],
  )
}

/** Whether a WebSocket that is idle for longer than the defaults is still open. */
async function staysOpen(port: number): Promise<boolean> {
  const upgrade = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
  }
  const asked = request({ host: '127.0.0.1', port, path: '/ws', headers: upgrade }).end()
  asked.on('response', ({ statusCode }) => asked.destroy(new Error(`the upgrade was answered with ${statusCode}`)))
  const [, socket] = (await once(asked, 'upgrade')) as [IncomingMessage, Socket]
  socket.resume()
  const closed = once(socket, 'close').then(() => false)
  const idle = new Promise<boolean>((resolve) => setTimeout(() => resolve(true), IDLE_MS))
  const result = await Promise.race([closed, idle])
  socket.destroy()
  return result
}

async function behindNginx(directives: readonly string[]): Promise<boolean> {
  const port = await freePort()
  const location = [...directives, `proxy_pass http://${target};`].join('\n      ')
  const nginx = await startNginx(
    {
      'chat.conf': `proxy_read_timeout 1s; proxy_send_timeout 1s;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_http_version 1.1; proxy_set_header Connection Upgrade; proxy_set_header Upgrade websocket;
      ${location}
    }
  }`,
    },
    port,
  )
  try {
    return await staysOpen(port)
  } finally {
    await nginx.stop()
  }
}

async function behindHaproxy(defaults: readonly string[], backend: readonly string[]): Promise<boolean> {
  const port = await freePort()
  const haproxy = await startProxy(port, configuration(port, { defaults, backend }))
  try {
    return await staysOpen(port)
  } finally {
    await haproxy.stop()
  }
}

function configuration(
  port: number,
  lines: { defaults?: readonly string[]; frontend?: string; backend?: readonly string[]; bind?: string },
): string {
  return `defaults
  mode http
  timeout connect 5s
  timeout client 1s
  timeout server 1s
${(lines.defaults ?? []).map((line) => `  ${line}\n`).join('')}
frontend public
  bind 127.0.0.1:${port} ${lines.bind ?? ''}
${lines.frontend ?? ''}
  default_backend server

backend server
${(lines.backend ?? []).map((line) => `  ${line}\n`).join('')}  server server ${target}
`
}

describe.concurrent('an idle WebSocket', () => {
  test('behind nginx stays open with the annotations of its profile, and is cut without', async () => {
    const directives = annotations('nginx', 'nginx.ingress.kubernetes.io').map(
      ([key, value]) => `${key.replaceAll('-', '_')} ${key.endsWith('timeout') ? `${value}s` : value};`,
    )
    expect(directives).toContain('proxy_buffer_size 8k;')
    expect(await behindNginx(directives)).toBe(true)
    expect(await behindNginx([])).toBe(false)
  })

  test('behind haproxy-ingress stays open with the annotations of its profile, and is cut without', async () => {
    const backend = annotations('haproxy', 'haproxy-ingress.github.io').map(timeout)
    expect(backend).toContain('timeout connect 30s')
    expect(await behindHaproxy([], backend)).toBe(true)
    expect(await behindHaproxy([], [])).toBe(false)
  })

  test('behind the controller of haproxy.org stays open with the annotation of its profile, with and without its time-out of tunnels', async () => {
    const backend = annotations('haproxy', 'haproxy.org').map(timeout)
    expect(backend).toEqual(['timeout server 3600s'])
    expect(await behindHaproxy(['timeout tunnel 1h'], backend)).toBe(true)
    expect(await behindHaproxy([], backend)).toBe(true)
  })
})

/** `timeout tunnel 3600s` for `timeout-tunnel` and `3600s`. */
function timeout([key, value]: [string, string]): string {
  return `${key.replace('-', ' ')} ${value}`
}

describe('an allow list of haproxy', () => {
  // Here the last hop, the node that forwards a connection, is 127.0.0.1.
  const frontend = '  http-request deny deny_status 403 if !{ src 127.0.0.0/8 10.0.0.0/8 }'

  async function statusFrom(port: number, proxyLine = ''): Promise<string> {
    const socket = connect({ host: '127.0.0.1', port })
    socket.end(`${proxyLine}GET / HTTP/1.1\r\nHost: storage\r\nConnection: close\r\n\r\n`)
    return (await text(socket)).split(' ')[1] ?? ''
  }

  test('lets in everybody whom a node of the list forwards', async () => {
    const port = await freePort()
    const haproxy = await startProxy(port, configuration(port, { frontend }))
    expect(await statusFrom(port)).toBe('200')
    await haproxy.stop()
  })

  test('refuses the addresses of clients where the PROXY protocol names them', async () => {
    const port = await freePort()
    const haproxy = await startProxy(port, configuration(port, { frontend, bind: 'accept-proxy' }))
    const from = (address: string) => statusFrom(port, `PROXY TCP4 ${address} 10.0.0.1 50000 443\r\n`)
    expect(await from('10.1.2.3')).toBe('200')
    expect(await from('203.0.113.7')).toBe('403')
    await haproxy.stop()
  })
})
