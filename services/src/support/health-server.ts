import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Health } from './health.ts'
import { listen, pathOf } from './http-server.ts'

const REQUEST_TIMEOUT_MS = 10_000

/** An HTTP server that answers only the health endpoints. The WebSocket service upgrades connections on it. */
export async function healthServer(health: Health, host: string, port: number): Promise<Server> {
  const timeouts = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS }
  const server = createServer(timeouts, (request, response) => void answer(health, pathOf(request), response))
  await listen(server, host, port)
  return server
}

async function answer(health: Health, path: string, response: ServerResponse): Promise<void> {
  const found = await health.answer(path)
  const body = found?.body ?? { error: { code: 'not_found', field: 'path', message: 'WebSockets are served at /' } }
  response
    .writeHead(found?.status ?? 404, { 'Content-Type': 'application/json; charset=utf-8' })
    .end(JSON.stringify(body))
}
