/** The part of a schema of OpenAPI that has the names of fields. */
export interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}

/** The paths of all fields below a field of a schema, such as `spec.exposure.hosts.api`. */
export function schemaPaths({ properties }: Schema, field: string): Set<string> {
  const below = properties?.[field]
  return new Set(below === undefined ? [] : walk(below, field))
}

function walk(schema: Schema, path: string): string[] {
  const inner = schema.items ?? schema
  return Object.entries(inner.properties ?? {}).flatMap(([name, each]) => [
    `${path}.${name}`,
    ...walk(each, `${path}.${name}`),
  ])
}

/** The paths of all fields that a value sets. */
export function usedPaths(value: unknown, path: string): Set<string> {
  return new Set(used(value, path))
}

function used(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => used(each, path))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, each]) => [`${path}.${name}`, ...used(each, `${path}.${name}`)])
}
