import type { z } from 'zod'
import { isMap } from './document.ts'
import { SECRET_FIELDS } from './schema.ts'

/** All faults of a configuration, one a line, each with the field, the value (unless it is secret) and the fix. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`the configuration has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n- ${faults.join('\n- ')}`)
    this.faults = faults
  }
}

/**
 * Parses `input`, or returns undefined and adds what is wrong to `faults`.
 * @param variables the variable that each field refers to, by the field's path
 */
export function check<T>(
  schema: z.ZodType<T>,
  input: unknown,
  faults: string[],
  variables: ReadonlyMap<string, string> = new Map(),
): T | undefined {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  for (const issue of result.error.issues) faults.push(describe(issue, input, variables))
  return undefined
}

function describe(issue: z.core.$ZodIssue, input: unknown, variables: ReadonlyMap<string, string>): string {
  const path = issue.path.map(String)
  const field = path.join('.')
  const variable = variables.get(field)
  const isSecret = SECRET_FIELDS.has(field)
  const value = path.reduce<unknown>((node, key) => (isMap(node) ? node[key] : undefined), input)
  if (value === undefined) {
    if (variable === undefined) return `${field}: is missing: ${issue.message}`
    return `${field}: \${${variable}} is not set: set ${variable}${isSecret ? ` or ${variable}_FILE` : ''}`
  }
  const from = variable === undefined ? '' : ` (from ${variable})`
  const quoted = isSecret ? '' : ` ${JSON.stringify(value)}`
  return `${field}${from}:${quoted} ${issue.message}`
}
