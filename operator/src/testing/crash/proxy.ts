import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { request as send, type Dispatcher } from 'undici'
import { loadCredentials, type Credentials } from '../../runtime/credentials.ts'
import { kubeconfigFor, listen } from '../faulty-server.ts'

/** A kill at one write: before the API server gets it, or after the API server has made it and before the answer is read. */
export interface Fault {
  /** The number of the write, from 1. */
  readonly at: number
  readonly when: 'before' | 'after'
}

/** A kill that waits for its write. `fired` resolves with a text for the write when the process has ended. */
interface Armed extends Fault {
  readonly kill: () => Promise<unknown>
  readonly fired: PromiseWithResolvers<string>
}

/**
 * A proxy between an operator's process and a real API server, which counts the writes and kills the process at one of them. Leases and dry
 * runs do not count: neither changes what the operator manages.
 */
export class FaultProxy {
  /** Path of the kubeconfig for the operator: plain HTTP on 127.0.0.1; the proxy authenticates at the API server. */
  readonly kubeconfig: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'fault-proxy-'))
  readonly #credentials: Credentials
  readonly #server: Server
  #writes: string[] = []
  #lastRequestAtMs = 0
  #armed: Armed | undefined
  /** The process is being killed: it gets no answer any more, and nothing of it reaches the API server. */
  #isDown = false

  private constructor(kubeconfig: string) {
    this.#credentials = loadCredentials(kubeconfig)
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy())
    })
    this.kubeconfig = join(this.#folder, 'config')
  }

  /** @param kubeconfig path of the kubeconfig of the real API server */
  static async start(kubeconfig: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(kubeconfig)
    const port = await listen(proxy.#server)
    writeFileSync(proxy.kubeconfig, kubeconfigFor(`http://127.0.0.1:${port}`))
    return proxy
  }

  /** The writes since the last `count`, as `METHOD path`. */
  get writes(): readonly string[] {
    return this.#writes
  }

  /** Time since the last request that was not for the lease, milliseconds; 0 while the process is being killed. */
  get quietMs(): number {
    return this.#isDown ? 0 : performance.now() - this.#lastRequestAtMs
  }

  /** Counts from 1 again, and disarms. */
  count(): void {
    this.#writes = []
    this.#armed = undefined
  }

  /** Kills at one of the writes that are counted from now. Returns a promise of a text for the write, once the process has ended. */
  arm(fault: Fault, kill: () => Promise<unknown>): Promise<string> {
    this.count()
    const fired = Promise.withResolvers<string>()
    this.#armed = { ...fault, kill, fired }
    return fired.promise
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await this.#credentials.close()
    rmSync(this.#folder, { recursive: true })
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    if (this.#isDown) return
    if (!isForLease(request)) this.#lastRequestAtMs = performance.now()
    const struck = this.#counted(request)
    if (struck?.when === 'before') return this.#strike(struck)
    const closed = new AbortController()
    response.once('close', () => closed.abort())
    const answer = await this.#forward(request, body, closed.signal)
    if (struck?.when === 'after') return this.#strike(struck)
    if (this.#isDown) return
    response.writeHead(answer.statusCode, answer.headers)
    await pipeline(answer.body, response)
  }

  /** Counts a write; returns the kill that waits for it. */
  #counted(request: IncomingMessage): Armed | undefined {
    if (!isWrite(request)) return undefined
    const [path] = (request.url ?? '').split('?')
    const number = this.#writes.push(`${request.method} ${path}`)
    return this.#armed?.at === number ? this.#armed : undefined
  }

  async #strike({ kill, fired, at }: Armed): Promise<void> {
    this.#armed = undefined
    this.#isDown = true
    await kill()
    this.#server.closeAllConnections()
    this.#isDown = false
    fired.resolve(this.#writes[at - 1] ?? '')
  }

  async #forward(request: IncomingMessage, body: Buffer, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { server, dispatcher, headers: authentication } = await this.#credentials.connection()
    const { host: _host, connection: _connection, 'transfer-encoding': _encoding, ...headers } = request.headers
    return send(`${server}${request.url}`, {
      dispatcher,
      method: request.method ?? 'GET',
      headers: { ...headers, ...authentication },
      body: body.length === 0 ? null : body,
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    })
  }
}

function isForLease({ url = '' }: IncomingMessage): boolean {
  return url.startsWith('/apis/coordination.k8s.io/')
}

/** A review of permissions is sent as a POST, and stores nothing. */
function isWrite(request: IncomingMessage): boolean {
  const { method = '', url = '' } = request
  if (method === 'GET' || method === 'HEAD' || url.includes('dryRun=') || isForLease(request)) return false
  return !url.startsWith('/apis/authorization.k8s.io/')
}
