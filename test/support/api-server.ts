import type { KubernetesObject } from '@chat-app/charts'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'undici'
import { parse } from 'yaml'

/** What the API server answers to one object. */
export interface Answer {
  /** HTTP status: 201 when it was taken. */
  readonly code: number
  readonly message: string
  /** The fields to blame, each with the reason. */
  readonly causes: readonly { readonly field: string; readonly message: string }[]
  readonly warnings: readonly string[]
}

/** The API server as its administrator, spoken to directly: kubectl hides its warnings and the causes of a refusal. */
export class ApiServer {
  readonly #server: string
  readonly #agent: Agent
  readonly #resources = new Map<string, Promise<Resource[]>>()

  constructor(kubeconfig: string) {
    const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig
    const [{ cluster } = fail(kubeconfig)] = clusters
    const [{ user } = fail(kubeconfig)] = users
    const connect = {
      ca: decode(cluster['certificate-authority-data']),
      cert: decode(user['client-certificate-data']),
      key: decode(user['client-key-data']),
    }
    this.#server = cluster.server
    this.#agent = new Agent({ connect, connections: 8 })
  }

  /** Asks it to take an object as it is, without storing it; a field that it does not know is refused. */
  async wouldTake(object: KubernetesObject): Promise<Answer> {
    return this.#post(object, { dryRun: 'All', fieldValidation: 'Strict' })
  }

  /** The same for an object that is there already: a server-side apply, which refuses unknown fields of built-in kinds only. */
  async wouldApply(object: KubernetesObject): Promise<Answer> {
    const query = { dryRun: 'All', fieldValidation: 'Strict', fieldManager: 'test', force: 'true' }
    const path = `${await this.#path(object)}/${object.metadata.name}`
    return this.#send('PATCH', path, 'application/apply-patch+yaml', object, query)
  }

  /** Whether objects of its kind live in a namespace. */
  async isNamespaced(object: KubernetesObject): Promise<boolean> {
    return (await this.#resource(object)).namespaced
  }

  /** @throws Error when the object is not taken */
  async create(object: KubernetesObject): Promise<void> {
    const { code, message } = await this.#post(object, { fieldValidation: 'Strict' })
    if (code !== 201) throw new Error(`${object.kind} ${object.metadata.name}: ${message}`)
  }

  close(): Promise<void> {
    return this.#agent.close()
  }

  async #post(object: KubernetesObject, query: Record<string, string>): Promise<Answer> {
    return this.#send('POST', await this.#path(object), 'application/json', object, query)
  }

  async #send(
    method: 'POST' | 'PATCH',
    path: string,
    type: string,
    object: KubernetesObject,
    query: Record<string, string>,
  ): Promise<Answer> {
    const { statusCode, headers, body } = await request(`${this.#server}${path}`, {
      method,
      query,
      dispatcher: this.#agent,
      headers: { 'content-type': type },
      body: JSON.stringify(object),
    })
    const answer = (await body.json()) as Partial<Status>
    const { message = '', details } = answer.kind === 'Status' ? answer : {}
    return { code: statusCode, message, causes: details?.causes ?? [], warnings: [headers['warning'] ?? []].flat() }
  }

  async #path(object: KubernetesObject): Promise<string> {
    const { name, namespaced } = await this.#resource(object)
    return `${rootOf(object)}${namespaced ? `/namespaces/${object.metadata.namespace ?? 'default'}` : ''}/${name}`
  }

  async #resource(object: KubernetesObject): Promise<Resource> {
    const root = rootOf(object)
    const known = this.#resources.get(root) ?? this.#discover(root)
    this.#resources.set(root, known)
    const found = (await known).find(({ kind, name }) => kind === object.kind && !name.includes('/'))
    if (found === undefined) throw new Error(`the API server has no ${object.kind} of ${object.apiVersion}`)
    return found
  }

  async #discover(root: string): Promise<Resource[]> {
    const { body } = await request(`${this.#server}${root}`, { dispatcher: this.#agent })
    const { resources = [] } = (await body.json()) as { resources?: Resource[] }
    return resources
  }
}

function rootOf({ apiVersion }: KubernetesObject): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}

interface Resource {
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

function fail(kubeconfig: string): never {
  throw new Error(`${kubeconfig} names no cluster or no user`)
}
