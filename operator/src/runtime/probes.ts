import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const PROBE_TIMEOUT_MS = 5000
const MAX_CONNECTIONS = 100

export interface ProbeOptions {
  /** 0 picks a free one. */
  readonly port: number
  /** @default 0.0.0.0 */
  readonly host?: string
  /** Whether the process can work, or take over as the leader. */
  readonly isReady: () => boolean
  readonly metrics: () => Promise<{ contentType: string; body: string }>
}

/** Serves `/healthz`, `/readyz` and `/metrics`. @throws Error when the port is taken */
export async function serveProbes({ port, host = '0.0.0.0', isReady, metrics }: ProbeOptions): Promise<ProbeServer> {
  const server = createServer(
    { requestTimeout: PROBE_TIMEOUT_MS, headersTimeout: PROBE_TIMEOUT_MS },
    (request, response) => {
      void answer(request.url ?? '').then(
        ({ status, contentType = 'text/plain', body }) =>
          response.writeHead(status, { 'content-type': contentType }).end(body),
        () => response.writeHead(500).end(),
      )
    },
  )
  server.maxConnections = MAX_CONNECTIONS

  async function answer(url: string): Promise<{ status: number; contentType?: string; body: string }> {
    const [path] = url.split('?')
    if (path === '/healthz') return { status: 200, body: 'ok\n' }
    if (path === '/readyz') return isReady() ? { status: 200, body: 'ok\n' } : { status: 503, body: 'not synced\n' }
    if (path === '/metrics') return { status: 200, ...(await metrics()) }
    return { status: 404, body: 'not found\n' }
  }

  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(port, host, resolve)
  await promise
  return { port: portOf(server), close: () => close(server) }
}

export interface ProbeServer {
  readonly port: number
  close(): Promise<void>
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
