import { fieldOf, shown } from '@chat-app/chat/constructs'

/** The fields that are not plain data, one line each: a file cannot hold them, or they contain themselves. */
export function plainDataFaults(values: unknown): string[] {
  return faultsIn(values, [], new Set())
}

function faultsIn(value: unknown, path: readonly PropertyKey[], above: Set<unknown>): string[] {
  const fault = (what: string) => [`${fieldOf(path) || 'it'}: must be plain data, not ${what}`]
  if (typeof value === 'number' && !Number.isFinite(value)) return fault(String(value))
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint')
    return fault(`a ${typeof value}`)
  if (typeof value !== 'object' || value === null) return path.length === 0 ? fault(shown(value)) : []
  if (above.has(value)) return fault('an object that contains itself')
  if (!Array.isArray(value) && !isPlainObject(value)) return fault(`a ${className(value)}`)
  if (Object.hasOwn(value, '__proto__')) return fault('an object with a key __proto__')
  above.add(value)
  const faults = Object.entries(value).flatMap(([key, field]) =>
    faultsIn(field, [...path, Array.isArray(value) ? Number(key) : key], above),
  )
  above.delete(value)
  return faults
}

function className(value: object): string {
  const { constructor } = value as { readonly constructor?: unknown }
  return typeof constructor === 'function' ? shown(constructor.name) : 'special object'
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}
