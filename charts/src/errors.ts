import type { z } from 'zod'

/** A ChatApp that cannot be rendered. Each fault names the field, what is wrong and, where there is one, the value. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
  readonly faults: readonly string[]

  constructor(chatApp: string, faults: readonly string[]) {
    super([`ChatApp "${chatApp}" is not valid:`, ...faults].join('\n  '))
    this.faults = faults
  }
}

/** The faults that zod found in a value, one sentence each, with the path of the field below `root`. */
export function faultsOf(error: z.ZodError, values: unknown, root?: string): string[] {
  return error.issues.map((issue) => {
    const field = [...(root === undefined ? [] : [root]), ...issue.path].reduce<string>(joinPath, '')
    const value = valueAt(values, issue.path)
    return `${field}: ${issue.message}${value === undefined ? '' : ` (it is ${shown(value)})`}`
  })
}

function joinPath(path: string, part: PropertyKey): string {
  if (typeof part === 'number') return `${path}[${part}]`
  return path === '' ? String(part) : `${path}.${String(part)}`
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  )
}

/** Longest part of a value that an error quotes: enough to recognise it, too little to flood a condition's message. */
const SHOWN_MAX_LENGTH = 100

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > SHOWN_MAX_LENGTH ? `${text.slice(0, SHOWN_MAX_LENGTH)}...` : text
}
