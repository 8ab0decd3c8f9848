import { ApiObject, type ApiObjectProps } from 'cdk8s'
import type { Construct } from 'constructs'

/**
 * An object of plain JSON, in the order of fields that cdk8s writes. cdk8s itself would pass every value to three resolvers,
 * which takes most of the time of a synthesis.
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

/**
 * A value with its fields sorted by name, without those that are undefined or null.
 *
 * @throws Error for a value that is not plain JSON, such as a Quantity of cdk8s-plus, which only cdk8s can resolve
 */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  if (Object.getPrototypeOf(value) !== Object.prototype) throw new Error(`${value.constructor.name} is not plain JSON`)
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(value).sort()) {
    const field = (value as Record<string, unknown>)[key]
    if (field !== undefined && field !== null) result[key] = sorted(field)
  }
  return result
}
