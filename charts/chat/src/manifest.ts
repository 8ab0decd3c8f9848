import { ApiObject, type ApiObjectProps } from 'cdk8s'
import type { Construct } from 'constructs'

/**
 * An object of plain JSON, with nothing in it that cdk8s would have to resolve: it would ask its three resolvers about
 * every value, which takes longer than all else. Here values are only put in the order in which cdk8s puts them.
 */
export class Manifest extends ApiObject {
  readonly #fields: ApiObjectProps

  constructor(scope: Construct, id: string, fields: ApiObjectProps) {
    super(scope, id, fields)
    this.#fields = fields
  }

  override toJson(): Record<string, unknown> {
    const { apiVersion, kind, metadata: _, ...fields } = this.#fields
    return { apiVersion, kind, metadata: this.metadata.toJson() as unknown, ...(sorted(fields) as object) }
  }
}

/** A value with its fields in the order of their names, and without those that are undefined or null. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  // Such as a Quantity of cdk8s-plus, which only its own resolver could write.
  if (Object.getPrototypeOf(value) !== Object.prototype) throw new Error(`${value.constructor.name} is no plain JSON`)
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(value).sort()) {
    const field = (value as Record<string, unknown>)[key]
    if (field !== undefined && field !== null) result[key] = sorted(field)
  }
  return result
}
