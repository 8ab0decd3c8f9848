/**
 * Reads a field of raw JSON by its path. The type is the caller's claim, which holds for what the API server sends,
 * since it validates every object against its schema. Missing parents give undefined.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows the type of the field
export function at<T>(object: unknown, ...path: readonly (string | number)[]): T | undefined {
  let value: unknown = object
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Reflect.get(value, part)
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one place where JSON gets its type
  return (value ?? undefined) as T | undefined
}

/** Parses JSON of a shape that the caller knows. @throws SyntaxError */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the one place where JSON gets its type
export function parseJson<T>(text: string): T {
  const parsed: T = JSON.parse(text)
  return parsed
}

/** Parsed JSON of any shape; undefined for a text that is none. */
export function jsonOf(text: string | undefined): unknown {
  try {
    return parseJson<unknown>(text ?? '')
  } catch {
    return undefined
  }
}

/** `value` as an object whose fields can be read one by one; anything else is an empty object. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** The object without its fields that are undefined. */
export function defined<T extends object>(fields: T): Defined<T> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries does not know the names
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>
}

/** Those of the fields that the object has. */
export function pick<T extends object, K extends keyof T>(object: T, ...fields: readonly K[]): Pick<T, K> {
  const entries = fields.filter((field) => object[field] !== undefined).map((field) => [field, object[field]])
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries does not know the names
  return Object.fromEntries(entries) as Pick<T, K>
}
