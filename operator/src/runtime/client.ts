import { pathOf, type Resource } from '@chat-app/chat/resources'
import { isNotFound } from './errors.ts'
import { resourceOf } from './resources.ts'
import { createTransport, type Transport, type TransportOptions } from './transport.ts'
import type { KubeList, KubeObject } from './types.ts'

/** YAML is a superset of JSON, and this is the one media type for applying that every server version accepts. */
const APPLY_CONTENT_TYPE = 'application/apply-patch+yaml'

export interface ApplyOptions {
  readonly fieldManager: string
  /** Takes fields over from other managers. Without it, a field that another manager owns is a 409. @default false */
  readonly force?: boolean
  /** @default false */
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

export interface DeleteOptions {
  /** @default Background */
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
}

/** A client of the API server that sends and returns raw JSON. Every method throws ApiError and ConnectionError. */
export interface Client extends Transport {
  /** True when the credentials are those of the pod's own service account. */
  readonly inCluster: boolean
  get(resource: Resource, namespace: string | undefined, name: string, timeoutMs?: number): Promise<KubeObject>
  /** As `get`; undefined for an object that does not exist. */
  find(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    timeoutMs?: number,
  ): Promise<KubeObject | undefined>
  list(resource: Resource, namespace: string | undefined, options?: ListOptions): Promise<KubeList>
  create(object: KubeObject, signal?: AbortSignal): Promise<KubeObject>
  /** Server-side apply. With `metadata.uid` set it changes that object only, not a later one of the same name. */
  apply(object: KubeObject, options: ApplyOptions): Promise<KubeObject>
  /** Replaces an object; `metadata.resourceVersion` makes it conditional. */
  replace(object: KubeObject, timeoutMs?: number): Promise<KubeObject>
  /** Deletes an object; with `metadata.uid` set only the one with this UID. */
  delete(object: KubeObject, options?: DeleteOptions): Promise<void>
  close(): Promise<void>
}

/** A client with one shared pool of connections. */
export function createClient(options: TransportOptions): Client {
  const { credentials } = options
  const transport = createTransport(options)
  return {
    inCluster: credentials.inCluster,
    ...transport,
    ...readsOf(transport),
    ...writesOf(transport),
    close: () => credentials.close(),
  }
}

function readsOf(transport: Transport): Pick<Client, 'get' | 'find' | 'list'> {
  const get: Client['get'] = (resource, namespace, name, timeoutMs) =>
    transport.request({ method: 'GET', path: pathOf(resource, namespace, name), timeoutMs })
  return {
    get,
    find: (...of) =>
      get(...of).catch((error: unknown) => {
        if (isNotFound(error)) return undefined
        throw error
      }),
    list: (resource, namespace, { signal, ...query } = {}) =>
      transport.request({ method: 'GET', verb: 'list', path: pathOf(resource, namespace), query, signal }),
  }
}

function writesOf(transport: Transport): Pick<Client, 'create' | 'apply' | 'replace' | 'delete'> {
  return {
    create: (object, signal) =>
      transport.request({
        method: 'POST',
        verb: 'create',
        path: pathOf(resourceOf(object), object.metadata.namespace),
        body: object,
        signal,
      }),
    apply: (object, { fieldManager, force, dryRun, subresource }) =>
      transport.request({
        method: 'PATCH',
        verb: dryRun === true ? 'dry_run' : subresource === undefined ? 'apply' : `apply_${subresource}`,
        path: objectPath(object, subresource),
        query: { fieldManager, fieldValidation: 'Strict', force, dryRun: dryRun === true ? 'All' : undefined },
        contentType: APPLY_CONTENT_TYPE,
        body: object,
      }),
    replace: (object, timeoutMs) =>
      transport.request({ method: 'PUT', path: objectPath(object), body: object, timeoutMs }),
    async delete(object, { propagationPolicy = 'Background' } = {}) {
      const { uid } = object.metadata
      const preconditions = uid && { uid }
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy, preconditions }
      await transport.request({ method: 'DELETE', path: objectPath(object), body })
    },
  }
}

function objectPath(object: KubeObject, subresource?: string): string {
  return pathOf(resourceOf(object), object.metadata.namespace, object.metadata.name, subresource)
}
