/** A value that differs; undefined where one side lacks it. */
export interface Difference {
  /** Such as `spec.containers[api].image`. */
  readonly path: string
  readonly from?: unknown
  readonly to?: unknown
}

/** The values in which two pieces of JSON differ. Elements of lists that all have names are compared by them. */
export function differences(from: unknown, to: unknown, path = ''): Difference[] {
  const isNamed = hasNames(from) && hasNames(to)
  const [a, b] = [childrenOf(from, isNamed), childrenOf(to, isNamed)]
  if (a === undefined || b === undefined || Array.isArray(from) !== Array.isArray(to))
    return JSON.stringify(from) === JSON.stringify(to) ? [] : [differenceOf(path, from, to)]
  const keys = new Set([...a.keys(), ...b.keys()])
  return [...keys].flatMap((key) => {
    const below = key.startsWith('[') || path === '' ? `${path}${key}` : `${path}.${key}`
    return differences(a.get(key), b.get(key), below)
  })
}

function differenceOf(path: string, from: unknown, to: unknown): Difference {
  return { path, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
}

/** The fields or elements of a value by their part of the path; undefined for a value without any. */
function childrenOf(value: unknown, isNamed: boolean): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) return new Map(Object.entries(value).map(([key, field]) => [keyOf(key), field]))
  const keyed = value.map((item: unknown, index) => [`[${isNamed ? nameOf(item) : index}]`, item] as const)
  return new Map(keyed)
}

/** Whether each element of a list has a name of its own. */
function hasNames(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  const names = value.map((item) => nameOf(item))
  return names.every((name) => name !== undefined) && new Set(names).size === names.length
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const name: unknown = Reflect.get(item, 'name')
  return typeof name === 'string' ? name : undefined
}

/** A key such as that of an annotation would not be read as one. */
function keyOf(key: string): string {
  return /^[\w-]+$/.test(key) ? key : `["${key}"]`
}
