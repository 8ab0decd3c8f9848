import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Health } from './health.ts'
import { listen, pathOf } from './http-server.ts'

const REQUEST_TIMEOUT_MS = 10_000

export interface HealthServerOptions {
  readonly health: Health
  readonly host: string
  readonly port: number
  /** Whether the answers have details: only where no stranger can ask. */
  readonly hasDetails: boolean
}

/** An HTTP server that answers only the health endpoints. The WebSocket service upgrades connections on it. */
export async function healthServer({ health, host, port, hasDetails }: HealthServerOptions): Promise<Server> {
  const timeouts = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS }
  const server = createServer(timeouts, (request, response) => {
    void health.answer(pathOf(request), hasDetails).then((found) => send(found, response))
  })
  await listen(server, host, port)
  return server
}

function send(found: Awaited<ReturnType<Health['answer']>>, response: ServerResponse): void {
  const body = found?.body ?? {
    error: { code: 'not_found', field: 'path', message: 'WebSockets are served at / and /ws' },
  }
  response
    .writeHead(found?.status ?? 404, { 'Content-Type': 'application/json; charset=utf-8' })
    .end(JSON.stringify(body))
}
