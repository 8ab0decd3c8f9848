import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type Client } from '../runtime/client.ts'
import { loadCredentials } from '../runtime/credentials.ts'
import { parseJson } from '../runtime/json.ts'
import type { RequestRecord } from '../runtime/transport.ts'

/** One request that the server has received. */
export interface Seen {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

export type Answer = (seen: Seen, response: ServerResponse) => void

/** A server on 127.0.0.1 that fails in ways in which a real API server does not fail on demand, and a client for it. */
export interface FaultyServer {
  readonly client: Client
  readonly requests: Seen[]
  readonly records: RequestRecord[]
  readonly url: string
  close(): Promise<void>
}

/** Starts a server that answers every request by `answer`. */
export async function faultyServer(answer: Answer, token?: () => string): Promise<FaultyServer> {
  const requests: Seen[] = []
  const records: RequestRecord[] = []
  const server = createServer((request, response) => {
    void handle(request, response)
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(request)
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const { method = '', headers } = request
    const seen = { method, path: pathname, query: searchParams, headers, body }
    requests.push(seen)
    answer(seen, response)
  }

  const port = await listen(server)
  const dir = mkdtempSync(join(tmpdir(), 'faulty-'))
  const kubeconfig = join(dir, 'config')
  const url = `http://127.0.0.1:${port}`
  writeFileSync(kubeconfig, kubeconfigFor(url, token?.()))
  const client = createClient({
    credentials: loadCredentials(kubeconfig),
    onRequest: (record) => records.push(record),
  })
  return {
    client,
    requests,
    records,
    url,
    async close() {
      await client.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(dir, { recursive: true })
    },
  }
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** Answers with the API server's Status object for an error. */
export function refuse(response: ServerResponse, code: number, reason: string, message = reason): void {
  json(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message })
}

async function read(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text === '' ? undefined : parseJson<unknown>(text)
}

/** Listens on a free port of 127.0.0.1, and returns it. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

/** client-node accepts plain HTTP only with insecure-skip-tls-verify; nothing leaves the loopback interface. */
export function kubeconfigFor(server: string, token?: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: token === undefined ? {} : { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  })
}
