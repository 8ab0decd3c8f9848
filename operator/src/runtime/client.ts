import type { Readable } from 'node:stream'
import { request as send, type Dispatcher } from 'undici'
import type { Connection, Credentials } from './credentials.ts'
import { connectionError, describe, parseAnswer, readText, warningsOf } from './answer.ts'
import { apiError } from './errors.ts'
import { pathOf, resourceOf } from './resources.ts'
import type { KubeList, KubeObject, Resource } from './types.ts'

const REQUEST_TIMEOUT_MS = 30_000
/** etcd refuses objects over 1.5 MiB; a list page of 500 of the largest we expect stays below this. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024
const MAX_ERROR_BYTES = 64 * 1024
const APPLY = 'application/apply-patch+yaml'

/** What was asked and how it ended, for metrics and for tests that count. `code` is 0 when no answer came. */
export interface RequestRecord {
  readonly verb: string
  readonly path: string
  readonly code: number
  readonly durationMs: number
  readonly warnings: readonly string[]
  /** What was sent, if anything. */
  readonly body: unknown
}

export interface RequestOptions {
  readonly method: Dispatcher.HttpMethod
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
  readonly contentType?: string
  readonly accept?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** The verb for metrics; by default the method in lower case. */
  readonly verb?: string
}

export interface ApplyOptions {
  readonly fieldManager: string
  /** Takes fields over from other managers. Without it, a field that another manager owns is a 409. */
  readonly force?: boolean
  readonly dryRun?: boolean
  readonly subresource?: string
}

export interface ListOptions {
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly limit?: number
  readonly continue?: string
  readonly signal?: AbortSignal
}

export interface Client {
  readonly inCluster: boolean
  /** Sends one request and returns the parsed JSON. @throws ApiError, ConnectionError */
  request<T>(options: RequestOptions): Promise<T>
  /** The body of an answer as text, whatever its status: for what stands behind the API server's proxy. */
  text(options: RequestOptions): Promise<string>
  /** Opens a response that stays open. The caller ends it by the signal. @throws ApiError, ConnectionError */
  stream(options: RequestOptions & { readonly signal: AbortSignal }): Promise<Readable>
  get(resource: Resource, namespace: string | undefined, name: string): Promise<KubeObject>
  list(resource: Resource, namespace: string | undefined, options?: ListOptions): Promise<KubeList>
  create(object: KubeObject, signal?: AbortSignal): Promise<KubeObject>
  /** Server-side apply. With `metadata.uid` set it touches that very object and no successor of its name. */
  apply(object: KubeObject, options: ApplyOptions): Promise<KubeObject>
  /** Replaces an object; `metadata.resourceVersion` makes it conditional. */
  replace(object: KubeObject, timeoutMs?: number): Promise<KubeObject>
  /** Deletes one object, by default only the one with this UID. */
  delete(object: KubeObject, options?: { propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' }): Promise<void>
  close(): Promise<void>
}

export interface ClientOptions {
  readonly credentials: Credentials
  readonly userAgent?: string
  readonly onRequest?: (record: RequestRecord) => void
  /** Ends every request when it is aborted: a process that lost its lease must not write any more. */
  readonly signal?: AbortSignal
}

/** A client that speaks raw JSON over one shared pool of connections. */
export function createClient({
  credentials,
  userAgent = 'chat-app-operator',
  onRequest,
  signal,
}: ClientOptions): Client {
  async function open(options: RequestOptions, limit: AbortSignal): Promise<Dispatcher.ResponseData> {
    const connection = await credentials.connection()
    const answer = await dispatch(connection, options, limit)
    if (answer.statusCode !== 401) return answer
    // A rotated token is refused once before its file is due to be read again.
    await answer.body.dump()
    return dispatch(await credentials.connection(true), options, limit)
  }

  async function dispatch(connection: Connection, options: RequestOptions, limit: AbortSignal) {
    const startMs = performance.now()
    const verb = options.verb ?? options.method.toLowerCase()
    const record = (code: number, warnings: readonly string[] = []): void =>
      onRequest?.({
        verb,
        path: options.path,
        code,
        durationMs: performance.now() - startMs,
        warnings,
        body: options.body,
      })
    try {
      const answer = await send(connection.server + options.path, {
        dispatcher: connection.dispatcher,
        method: options.method,
        headers: headersOf(options, connection.headers, userAgent),
        body: options.body === undefined ? null : JSON.stringify(options.body),
        signal: limit,
        headersTimeout: 0,
        bodyTimeout: 0,
        ...(options.query === undefined ? {} : { query: definedOf(options.query) }),
      })
      record(answer.statusCode, warningsOf(answer.headers['warning']))
      return answer
    } catch (error) {
      record(0)
      throw connectionError(options, error)
    }
  }

  async function request<T>(options: RequestOptions): Promise<T> {
    const { status, text, headers } = await answerOf(options)
    if (status >= 300) throw apiError(describe(options), status, text, headers)
    return parseAnswer<T>(options, status, text)
  }

  async function answerOf(options: RequestOptions) {
    const timeout = AbortSignal.timeout(options.timeoutMs ?? REQUEST_TIMEOUT_MS)
    const limit = AbortSignal.any([timeout, ...[signal, options.signal].filter((s) => s !== undefined)])
    const answer = await open(options, limit)
    const text = await readText(answer.body, answer.statusCode < 300 ? MAX_ANSWER_BYTES : MAX_ERROR_BYTES).catch(
      (error: unknown) => Promise.reject(connectionError(options, error)),
    )
    return { status: answer.statusCode, text, headers: answer.headers }
  }

  return {
    inCluster: credentials.inCluster,
    request,
    text: async (options) => (await answerOf(options)).text,
    async stream(options) {
      const limit = signal === undefined ? options.signal : AbortSignal.any([signal, options.signal])
      const answer = await open(options, limit)
      if (answer.statusCode < 300) return answer.body
      const text = await readText(answer.body, MAX_ERROR_BYTES).catch(() => '')
      throw apiError(describe(options), answer.statusCode, text, answer.headers)
    },
    get: (resource, namespace, name) => request({ method: 'GET', path: pathOf(resource, namespace, name) }),
    list: (resource, namespace, { signal, ...query } = {}) =>
      request({
        method: 'GET',
        verb: 'list',
        path: pathOf(resource, namespace),
        query,
        ...(signal === undefined ? {} : { signal }),
      }),
    create: (object, signal) =>
      request({
        method: 'POST',
        verb: 'create',
        path: pathOf(resourceOf(object), object.metadata.namespace),
        body: object,
        ...(signal === undefined ? {} : { signal }),
      }),
    apply: (object, { fieldManager, force, dryRun, subresource }) =>
      request({
        method: 'PATCH',
        verb: subresource === undefined ? 'apply' : `apply_${subresource}`,
        path: pathOf(resourceOf(object), object.metadata.namespace, object.metadata.name, subresource),
        query: {
          fieldManager,
          fieldValidation: 'Strict',
          force: force === true ? true : undefined,
          dryRun: dryRun === true ? 'All' : undefined,
        },
        // YAML is a superset of JSON, and this is the one media type that every server version accepts.
        contentType: APPLY,
        body: object,
      }),
    replace: (object, timeoutMs) =>
      request({
        method: 'PUT',
        path: pathOf(resourceOf(object), object.metadata.namespace, object.metadata.name),
        body: object,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      }),
    async delete(object, { propagationPolicy = 'Background' } = {}) {
      const preconditions = object.metadata.uid === undefined ? undefined : { uid: object.metadata.uid }
      await request({
        method: 'DELETE',
        path: pathOf(resourceOf(object), object.metadata.namespace, object.metadata.name),
        body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy, preconditions },
      })
    },
    close: () => credentials.close(),
  }
}

function headersOf(options: RequestOptions, authentication: Readonly<Record<string, string>>, userAgent: string) {
  const headers: Record<string, string> = {
    ...authentication,
    accept: options.accept ?? 'application/json',
    'user-agent': userAgent,
  }
  if (options.body !== undefined) headers['content-type'] = options.contentType ?? 'application/json'
  return headers
}

function definedOf(query: Readonly<Record<string, string | number | boolean | undefined>>): Record<string, string> {
  const defined: Record<string, string> = {}
  for (const [name, value] of Object.entries(query)) if (value !== undefined) defined[name] = String(value)
  return defined
}
