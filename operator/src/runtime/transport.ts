import type { Readable } from 'node:stream'
import { request as send, type Dispatcher } from 'undici'
import { REQUEST_TIMEOUT_MS } from '../limits.ts'
import { connectionError, describe, parseAnswer, readText, warningsOf } from './answer.ts'
import type { Connection, Credentials } from './credentials.ts'
import { apiError } from './errors.ts'
import { at, defined } from './json.ts'

/** etcd refuses objects over 1.5 MiB; a page of 500 objects of a usual size stays far below this. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024
const MAX_ERROR_BYTES = 64 * 1024
const JSON_TYPE = 'application/json'

/** One request and its result, for metrics and for tests that count. */
export interface RequestRecord {
  readonly verb: string
  readonly path: string
  /** The HTTP status; 0 when there was no answer. */
  readonly code: number
  readonly durationMs: number
  readonly warnings: readonly string[]
  /** The body that was sent; undefined where there was none. */
  readonly body: unknown
}

export interface RequestOptions {
  readonly method: Dispatcher.HttpMethod
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
  /** @default application/json */
  readonly contentType?: string
  /** @default application/json */
  readonly accept?: string
  /** The ETag of the answer that the caller has. */
  readonly ifNoneMatch?: string | undefined
  /** @default 30,000 */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** The verb for metrics. @default the method in lower case */
  readonly verb?: string
}

export interface TransportOptions {
  readonly credentials: Credentials
  /** @default chat-app-operator */
  readonly userAgent?: string
  /** Called after every request. */
  readonly onRequest?: (record: RequestRecord) => void
  /** Aborts every request: a process that lost its lease must not write any more. */
  readonly signal?: AbortSignal
}

export interface Transport {
  /** Sends one request and returns the parsed JSON. @throws ApiError, ConnectionError */
  request<T>(options: RequestOptions): Promise<T>
  /** As `request`; undefined when the answer is the one that `ifNoneMatch` names. @throws ApiError, ConnectionError */
  requestIfChanged(
    options: RequestOptions,
  ): Promise<{ readonly answer: unknown; readonly etag: string | undefined } | undefined>
  /** The body of an answer as text, whatever its status: for servers behind the API server's proxy. @throws ConnectionError */
  text(options: RequestOptions): Promise<string>
  /** Opens a response that stays open until the signal is aborted. @throws ApiError, ConnectionError */
  stream(options: RequestOptions & { readonly signal: AbortSignal }): Promise<Readable>
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Dispatcher.ResponseData['headers']
}

/** Sends requests to the API server over one shared pool of connections. */
export function createTransport(options: TransportOptions): Transport {
  const { credentials, signal } = options

  async function open(request: RequestOptions, limit: AbortSignal): Promise<Dispatcher.ResponseData> {
    const answer = await dispatch(options, await credentials.connection(), request, limit)
    if (answer.statusCode !== 401) return answer
    // A rotated token may be refused before the time at which its file is read again.
    await answer.body.dump()
    return dispatch(options, await credentials.connection(true), request, limit)
  }

  async function answerOf(request: RequestOptions): Promise<Answer> {
    const timeout = AbortSignal.timeout(request.timeoutMs ?? REQUEST_TIMEOUT_MS)
    const limit = AbortSignal.any([timeout, ...[signal, request.signal].filter((s) => s !== undefined)])
    const answer = await open(request, limit)
    const text = await readText(answer.body, answer.statusCode < 300 ? MAX_ANSWER_BYTES : MAX_ERROR_BYTES).catch(
      (error: unknown) => Promise.reject(connectionError(request, error)),
    )
    return { status: answer.statusCode, text, headers: answer.headers }
  }

  return {
    async request<T>(request: RequestOptions): Promise<T> {
      return parsed<T>(request, await answerOf(request))
    },
    async requestIfChanged(request) {
      const answer = await answerOf(request)
      if (answer.status === 304) return undefined
      return { answer: parsed<unknown>(request, answer), etag: at<string>(answer.headers, 'etag') }
    },
    text: async (request) => (await answerOf(request)).text,
    async stream(request) {
      const limit = signal === undefined ? request.signal : AbortSignal.any([signal, request.signal])
      const answer = await open(request, limit)
      if (answer.statusCode < 300) return answer.body
      const text = await readText(answer.body, MAX_ERROR_BYTES).catch(() => '')
      throw apiError(describe(request), answer.statusCode, text, answer.headers)
    },
  }
}

/** @throws ApiError */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows the type of the answer
function parsed<T>(request: RequestOptions, { status, text, headers }: Answer): T {
  if (status >= 300) throw apiError(describe(request), status, text, headers)
  return parseAnswer<T>(request, status, text)
}

/** Sends one request over one connection, and records it. */
async function dispatch(
  { onRequest, userAgent = 'chat-app-operator' }: TransportOptions,
  connection: Connection,
  request: RequestOptions,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const startMs = performance.now()
  const { path, body } = request
  const verb = request.verb ?? request.method.toLowerCase()
  const record = (code: number, warnings: readonly string[] = []): void =>
    onRequest?.({ verb, path, code, durationMs: performance.now() - startMs, warnings, body })
  try {
    const answer = await send(connection.server + path, {
      dispatcher: connection.dispatcher,
      method: request.method,
      headers: headersOf(request, connection.headers, userAgent),
      body: body === undefined ? null : JSON.stringify(body),
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
      ...(request.query && { query: defined(request.query) }),
    })
    record(answer.statusCode, warningsOf(answer.headers['warning']))
    return answer
  } catch (error) {
    record(0)
    throw connectionError(request, error)
  }
}

function headersOf(request: RequestOptions, authentication: Readonly<Record<string, string>>, userAgent: string) {
  const { accept = JSON_TYPE, contentType = JSON_TYPE, ifNoneMatch, body } = request
  return defined({
    ...authentication,
    accept,
    'user-agent': userAgent,
    'if-none-match': ifNoneMatch,
    'content-type': body === undefined ? undefined : contentType,
  })
}
