/** Returns the value of a variable, or undefined if it is not set. */
export type Lookup = (name: string) => string | undefined

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g

/**
 * Replaces `${NAME}` and `${NAME:-default}` in every string of a parsed document. A string with a variable that is not
 * set becomes undefined. The document is parsed before, so that a password cannot change its structure.
 */
export function interpolate(node: unknown, lookup: Lookup): unknown {
  if (typeof node === 'string') return interpolateText(node, lookup)
  if (Array.isArray(node)) return node.map((item) => interpolate(item, lookup))
  if (typeof node !== 'object' || node === null) return node
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, interpolate(value, lookup)]))
}

function interpolateText(text: string, lookup: Lookup): string | undefined {
  let missing = false
  const result = text.replace(REFERENCE, (_, name: string, fallback: string | undefined) => {
    const value = lookup(name) ?? fallback
    missing ||= value === undefined
    return value ?? ''
  })
  return missing ? undefined : result
}

/** The first variable that each field refers to, by the path of the field (`database.url` -> `DATABASE_URL`). */
export function references(node: unknown, path: readonly string[] = []): Map<string, string> {
  const found = new Map<string, string>()
  if (typeof node === 'string') {
    const name = [...node.matchAll(REFERENCE)][0]?.[1]
    if (name !== undefined) found.set(path.join('.'), name)
  } else if (typeof node === 'object' && node !== null) {
    for (const [key, value] of Object.entries(node)) {
      for (const [at, name] of references(value, [...path, key])) found.set(at, name)
    }
  }
  return found
}
