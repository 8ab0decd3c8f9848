import { SERVICE_ACCOUNTS, pathOf, type Resource } from '@chat-app/chat/resources'
import type { KubernetesObject } from '@chat-app/chat'
import type { Kubectl } from '@chat-app/kubectl'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'undici'
import { parse } from 'yaml'

/** The response of the API server to one object. */
export interface Answer {
  /** HTTP status: 201 if the object was accepted. */
  readonly code: number
  readonly message: string
  /** The invalid fields, each with the reason. */
  readonly causes: readonly { readonly field: string; readonly message: string }[]
  readonly warnings: readonly string[]
}

/** A request of a user for one object, or for all objects of a resource. */
export interface Access {
  readonly user: string
  readonly groups?: readonly string[]
  readonly verb: string
  /** `pods`, `pods/log`, `deployments.apps`. */
  readonly resource: string
  readonly namespace: string
  readonly name?: string
}

/** A request as another user. */
export interface Attempt {
  readonly user: string
  readonly groups?: readonly string[]
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** @default none */
  readonly query?: Readonly<Record<string, string>>
  /** Content type, such as that of a kind of patch. @default JSON */
  readonly type?: string
  readonly body?: object
}

/** A response of the API server with an error status. The message is that of the API server. */
export class Refused extends Error {
  readonly code: number

  constructor(asked: string, code: number, message: string) {
    super(`${asked}: ${code} ${message}`)
    this.name = 'Refused'
    this.code = code
  }
}

/**
 * Client of the API server for tests, as administrator. It is used instead of kubectl, which hides warnings and the
 * causes of a refusal, and whose start costs a hundred times the CPU time of one request.
 *
 * The operator has a client of its own (operator/src/runtime). They do not share code: a test must see the state of the
 * cluster without the code under test, and apart from one call of `request` they need different things. This one shows
 * warnings and causes, impersonates, sends dry runs and finds the path of any kind; the operator's reloads credentials,
 * measures, limits the time and classifies errors.
 */
export class ApiServer {
  /** URL of the API server. */
  readonly url: string
  readonly #agent: Agent
  readonly #kinds = new Map<string, Promise<Kind[]>>()

  /** @param kubeconfig text (YAML) of a kubeconfig with one cluster and one user */
  constructor(kubeconfig: string) {
    const { clusters, users } = parse(kubeconfig) as Kubeconfig
    const [{ cluster } = fail('cluster')] = clusters
    const [{ user } = fail('user')] = users
    const connect = {
      ca: decode(cluster['certificate-authority-data']),
      cert: decode(user['client-certificate-data']),
      key: decode(user['client-key-data']),
    }
    this.url = cluster.server
    this.#agent = new Agent({ connect, connections: 8, headersTimeout: 30_000, bodyTimeout: 30_000 })
  }

  /** Returns a client for the API server of a kubeconfig file. */
  static of(file: string): ApiServer {
    return new ApiServer(readFileSync(file, 'utf8'))
  }

  /** Returns a client for the API server that this kubectl uses. */
  static async behind(run: Kubectl): Promise<ApiServer> {
    return new ApiServer(await run(['config', 'view', '--raw', '--minify']))
  }

  /** @throws Refused if the object does not exist */
  async get<T = KubernetesObject>(resource: Resource, namespace: string | undefined, name: string): Promise<T> {
    return this.#done<T>({ method: 'GET', path: pathOf(resource, namespace, name) })
  }

  /** Lists the objects of a resource. @param labelSelector such as `app=chat,tier=web` */
  async list<T = KubernetesObject>(resource: Resource, namespace?: string, labelSelector?: string): Promise<T[]> {
    const query = labelSelector === undefined ? {} : { labelSelector }
    return (await this.#done<{ items: T[] }>({ method: 'GET', path: pathOf(resource, namespace), query })).items
  }

  /** Sends a merge patch for the object, or for its subresource. */
  async patch(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    body: object,
    subresource?: string,
  ): Promise<void> {
    await this.#done({ method: 'PATCH', path: pathOf(resource, namespace, name, subresource), type: MERGE, body })
  }

  /** Starts the deletion of one object, or of all objects of the resource. Does nothing if the object does not exist. */
  async delete(resource: Resource, namespace: string | undefined, name?: string): Promise<void> {
    await this.#delete(pathOf(resource, namespace, name))
  }

  /** Starts the deletion of the object. Does nothing if it does not exist. */
  async remove(object: KubernetesObject): Promise<void> {
    await this.#delete(`${await this.#path(object)}/${object.metadata.name}`)
  }

  /** Reports whether the API server authorizes the request. */
  async allows({ user, groups = [], verb, resource, namespace, name }: Access): Promise<boolean> {
    const [, plural = '', group = '', subresource = ''] = /^([^./]+)(?:\.([^/]+))?(?:\/(.+))?$/.exec(resource) ?? []
    const resourceAttributes = { verb, group, resource: plural, subresource, namespace, name }
    const review = await this.#done<{ status: { allowed: boolean } }>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      headers: impersonating({ user, groups }),
      body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } },
    })
    return review.status.allowed
  }

  /** Sends the request, and returns the answer whatever its status is. */
  async attempt({ user, groups = [], ...asked }: Attempt): Promise<Answer> {
    return this.#send({ ...asked, headers: impersonating({ user, groups }) })
  }

  /** Creates a token of a ServiceAccount, which is valid for ten minutes. */
  async token(namespace: string, serviceAccount: string): Promise<string> {
    const { status } = await this.#done<{ status: { token: string } }>({
      method: 'POST',
      path: pathOf(SERVICE_ACCOUNTS, namespace, serviceAccount, 'token'),
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } },
    })
    return status.token
  }

  /** Creates the object as a dry run. Unknown fields are refused. @param who @default the administrator */
  async wouldTake(object: KubernetesObject, who?: Pick<Attempt, 'user' | 'groups'>): Promise<Answer> {
    const query = { dryRun: 'All', fieldValidation: 'Strict' }
    return this.#send({ ...(await this.#posting(object)), query, ...(who && { headers: impersonating(who) }) })
  }

  /** Applies an existing object (server-side apply) as a dry run. Unknown fields are refused for built-in kinds only. */
  async wouldApply(object: KubernetesObject): Promise<Answer> {
    return this.#send({ ...(await this.#applying(object)), query: { ...FORCED, dryRun: 'All' } })
  }

  /** Applies the object (server-side apply), with forced conflicts. */
  async apply(object: KubernetesObject): Promise<void> {
    await this.#done({ ...(await this.#applying(object)), query: FORCED })
  }

  /** Reports whether the object's kind is namespaced. */
  async isNamespaced(object: KubernetesObject): Promise<boolean> {
    return (await this.#kind(object)).namespaced
  }

  /** @throws Error if the API server refuses the object */
  async create(object: KubernetesObject): Promise<void> {
    const query = { fieldValidation: 'Strict' }
    const { code, message } = await this.#send({ ...(await this.#posting(object)), query })
    if (code !== 201) throw new Error(`${object.kind} ${object.metadata.name}: ${message}`)
  }

  close(): Promise<void> {
    return this.#agent.close()
  }

  async #applying(object: KubernetesObject): Promise<Asked> {
    const path = `${await this.#path(object)}/${object.metadata.name}`
    return { method: 'PATCH', path, type: APPLY, body: object }
  }

  async #posting(object: KubernetesObject): Promise<Asked> {
    return { method: 'POST', path: await this.#path(object), body: object }
  }

  async #delete(path: string): Promise<void> {
    try {
      await this.#done({ method: 'DELETE', path })
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }

  /** @throws Refused if the status is 300 or more */
  async #done<T>(asked: Asked): Promise<T> {
    const { code, message, body } = await this.#send(asked)
    if (code >= 300) throw new Refused(`${asked.method} ${asked.path}`, code, message)
    return body as T
  }

  async #send({ method, path, query = {}, headers = {}, type = 'application/json', body: sent }: Asked) {
    const {
      statusCode,
      headers: received,
      body,
    } = await request(`${this.url}${path}`, {
      method,
      query,
      dispatcher: this.#agent,
      headers: { ...headers, ...(sent !== undefined && { 'content-type': type }) },
      body: sent === undefined ? null : JSON.stringify(sent),
    })
    const answer = (await body.json()) as Partial<Status>
    const { message = '', details } = answer.kind === 'Status' ? answer : {}
    const warnings = [received['warning'] ?? []].flat()
    return { code: statusCode, message, causes: details?.causes ?? [], warnings, body: answer as unknown }
  }

  async #path(object: KubernetesObject): Promise<string> {
    const { name, namespaced } = await this.#kind(object)
    return `${rootOf(object)}${namespaced ? `/namespaces/${object.metadata.namespace ?? 'default'}` : ''}/${name}`
  }

  async #kind(object: KubernetesObject): Promise<Kind> {
    const root = rootOf(object)
    const known = this.#kinds.get(root) ?? this.#discover(root)
    this.#kinds.set(root, known)
    const found = (await known).find(({ kind, name }) => kind === object.kind && !name.includes('/'))
    if (found === undefined) throw new Error(`the API server does not serve ${object.apiVersion} ${object.kind}`)
    return found
  }

  async #discover(root: string): Promise<Kind[]> {
    const { body } = await this.#send({ method: 'GET', path: root })
    return (body as { resources?: Kind[] }).resources ?? []
  }
}

export function isGone(error: unknown): boolean {
  return error instanceof Refused && error.code === 404
}

const FORCED = { fieldValidation: 'Strict', fieldManager: 'test', force: 'true' }
const APPLY = 'application/apply-patch+yaml'
const MERGE = 'application/merge-patch+json'

interface Asked {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly type?: string
  readonly body?: object
}

function impersonating({ user, groups = [] }: Pick<Attempt, 'user' | 'groups'>) {
  return { 'impersonate-user': user, ...(groups.length > 0 && { 'impersonate-group': [...groups] }) }
}

function rootOf({ apiVersion }: KubernetesObject): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}

/** A resource in the API server's discovery response. */
interface Kind {
  readonly name: string
  readonly kind: string
  readonly namespaced: boolean
}

interface Status {
  readonly kind: string
  readonly message: string
  readonly details: { readonly causes?: { readonly field: string; readonly message: string }[] }
}

interface Kubeconfig {
  readonly clusters: readonly { cluster: { server: string; 'certificate-authority-data': string } }[]
  readonly users: readonly { user: { 'client-certificate-data': string; 'client-key-data': string } }[]
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}

function fail(what: string): never {
  throw new Error(`the kubeconfig contains no ${what}`)
}
