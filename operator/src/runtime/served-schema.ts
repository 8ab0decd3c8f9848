import { apiVersionOf, type Resource } from '@chat-app/chat/resources'
import type { Client } from './client.ts'

/** The part of an OpenAPI schema that says which fields the API server stores. */
export interface FieldSchema {
  readonly properties?: Readonly<Record<string, FieldSchema>>
  readonly items?: FieldSchema
  readonly additionalProperties?: FieldSchema | boolean
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly default?: unknown
}

interface Index {
  readonly paths?: Readonly<Record<string, { readonly serverRelativeURL: string }>>
}

interface Document {
  readonly components?: { readonly schemas?: Readonly<Record<string, Named>> }
}

interface Named extends FieldSchema {
  readonly 'x-kubernetes-group-version-kind'?: readonly { readonly kind: string }[]
}

/** Reads the schema of a kind from `/openapi/v3`, which every ServiceAccount may read, unlike a CRD. Caches the answer. */
export class ServedSchema {
  readonly #client: Client
  readonly #resource: Resource
  readonly #onError: (error: unknown) => void
  #read: Promise<FieldSchema | undefined> | undefined
  #readAtMs = Number.NEGATIVE_INFINITY
  /** Contains a hash of the document, so that the same one is not read twice. */
  #url: string | undefined

  constructor(client: Client, resource: Resource, onError: (error: unknown) => void) {
    this.#client = client
    this.#resource = resource
    this.#onError = onError
  }

  /**
   * The schema of the whole object; undefined while it is not known, as when the server refuses to tell. Never throws.
   *
   * @param maxAgeMs an older answer is read again. @default the first answer is kept
   */
  async schema(maxAgeMs = Number.POSITIVE_INFINITY): Promise<FieldSchema | undefined> {
    const former = this.#read
    if (former === undefined || performance.now() - this.#readAtMs > maxAgeMs) {
      this.#readAtMs = performance.now()
      this.#read = this.#fetch(former).catch((error: unknown) => {
        this.#onError(error)
        return former
      })
    }
    return this.#read
  }

  async #fetch(former: Promise<FieldSchema | undefined> | undefined): Promise<FieldSchema | undefined> {
    const { paths = {} } = await this.#get<Index>('/openapi/v3')
    const url = paths[`apis/${apiVersionOf(this.#resource)}`]?.serverRelativeURL
    if (url === undefined || url === this.#url) return former
    const { components } = await this.#get<Document>(url)
    this.#url = url
    return Object.values(components?.schemas ?? {}).find((schema) =>
      schema['x-kubernetes-group-version-kind']?.some(({ kind }) => kind === this.#resource.kind),
    )
  }

  #get<T>(path: string): Promise<T> {
    return this.#client.request<T>({ method: 'GET', verb: 'discover', path })
  }
}
