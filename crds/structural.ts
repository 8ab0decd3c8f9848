import { HOLDS } from './fields.ts'
import { VALIDATIONS } from './rules.ts'

/** The part of JSON Schema that a structural schema of Kubernetes may have. */
export interface JsonSchema {
  type?: string
  description?: string
  default?: unknown
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  additionalProperties?: JsonSchema | boolean
  anyOf?: JsonSchema[]
  enum?: unknown[]
  minimum?: number
  maximum?: number
  [keyword: string]: unknown
}

/**
 * Converts the JSON schema of zod to a structural schema of Kubernetes. `additionalProperties: false` is left out, because it is
 * not allowed there: unknown fields are pruned, or refused under strict validation. The bounds of JavaScript's integers are left
 * out too. Each default is added to the description, because `kubectl explain` does not show it.
 */
export function structural(given: JsonSchema): JsonSchema {
  const schema = withSecret(given)
  const { properties, items, additionalProperties, anyOf: _, [VALIDATIONS]: rules, ...rest } = schema
  const result: JsonSchema = {
    ...rest,
    [VALIDATIONS]: rules,
    ...integerBounds(schema),
    ...describedDefault(schema),
    ...ruledDefault(schema),
  }
  if (schema['x-kubernetes-int-or-string'] === true) delete result.type
  if (properties !== undefined && Object.keys(properties).length > 0)
    result.properties = mapValues(properties, structural)
  if (items !== undefined) result.items = structural(items)
  if (isTyped(additionalProperties)) result.additionalProperties = structural(additionalProperties)
  for (const key of Object.keys(result)) if (result[key] === undefined) delete result[key]
  return result
}

/** Describes a reference to a Secret by what that holds: the schema itself, or its one field. */
function withSecret({ [HOLDS]: what, ...schema }: JsonSchema): JsonSchema {
  if (typeof what !== 'string' || schema.properties === undefined) return schema
  const { name, key, ...others } = schema.properties
  if (name === undefined || key === undefined) {
    const [[field, ref] = ['', {}]] = Object.entries(others)
    return { ...schema, properties: { [field]: { ...ref, [HOLDS]: what } } }
  }
  return {
    ...schema,
    description: `The Secret key with ${what}. The Secret must be in the ChatApp's namespace.`,
    properties: {
      name: { ...name, description: `Name of the Secret that holds ${what}.` },
      key: { ...key, description: `Key of that Secret that holds ${what}.` },
    },
  }
}

function integerBounds({ type, minimum, maximum }: JsonSchema): Record<string, unknown> {
  if (type !== 'integer') return {}
  return {
    format: 'int64',
    ...(minimum === Number.MIN_SAFE_INTEGER && { minimum: undefined }),
    ...(maximum === Number.MAX_SAFE_INTEGER && { maximum: undefined }),
  }
}

function describedDefault(schema: JsonSchema): Record<string, unknown> {
  const { description, default: value } = schema
  const shown = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  return description !== undefined && shown ? { description: `${description} Default: ${value}.` } : {}
}

/**
 * The API server checks a default against the rules of its field before it fills in the defaults below, so a field with rules
 * needs a complete default instead of `{}`.
 */
function ruledDefault(schema: JsonSchema): Record<string, unknown> {
  if (schema.default === undefined || schema.properties === undefined || !(VALIDATIONS in schema)) return {}
  return { default: filled(schema, schema.default) }
}

function filled({ properties = {} }: JsonSchema, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const object = value as Record<string, unknown>
  const fields = Object.entries(properties)
    .map(([name, field]) => [name, filled(field, object[name] ?? field.default)])
    .filter(([, field]) => field !== undefined)
  return { ...object, ...Object.fromEntries(fields) }
}

function isTyped(schema: JsonSchema | boolean | undefined): schema is JsonSchema {
  return typeof schema === 'object' && Object.keys(schema).length > 0
}

function mapValues<A, B>(record: Record<string, A>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}
