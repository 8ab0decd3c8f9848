import type { z } from 'zod'
import { isMap } from './document.ts'
import { SECRET_FIELDS } from './schema.ts'
import { isCredential } from './variables.ts'

/** A longer value leaves no room for the other faults. */
const MAX_VALUE_CHARACTERS = 200

/** All faults of a configuration, one a line, each with the field, the value (unless it is secret) and the fix. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`the configuration has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n- ${faults.join('\n- ')}`)
    this.faults = faults
  }
}

export interface Origins {
  /** The variable that each field refers to, by the field's path. */
  readonly variables: ReadonlyMap<string, string>
  /** Variables that have a fault already, which explains why they are not set. */
  readonly explained: ReadonlySet<string>
}

const NO_ORIGINS: Origins = { variables: new Map(), explained: new Set() }

/** Parses `input`, or returns undefined and adds what is wrong to `faults`. */
export function check<T>(
  schema: z.ZodType<T>,
  input: unknown,
  faults: string[],
  origins: Origins = NO_ORIGINS,
): T | undefined {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  // Two fields may refer to one variable, whose fault is reported for the first.
  const reported = new Set<string>()
  for (const issue of result.error.issues) {
    const fault = describe(issue, input, origins)
    if (fault === undefined || (fault.cause !== undefined && reported.has(fault.cause))) continue
    if (fault.cause !== undefined) reported.add(fault.cause)
    faults.push(fault.text)
  }
  return undefined
}

interface Fault {
  readonly text: string
  /** The same for two faults of one variable's value. */
  readonly cause?: string
}

function describe(issue: z.core.$ZodIssue, input: unknown, { variables, explained }: Origins): Fault | undefined {
  const path = issue.path.map(String)
  const field = path.join('.')
  const variable = variables.get(field)
  const value = path.reduce<unknown>((node, key) => (isMap(node) ? node[key] : undefined), input)
  if (variable === undefined) {
    if (value === undefined) return { text: `${field}: is missing: ${issue.message}` }
    return { text: `${field}:${SECRET_FIELDS.has(field) ? '' : quoted(value)} ${issue.message}` }
  }
  const isSecret = SECRET_FIELDS.has(field) || isCredential(variable)
  if (value === undefined) {
    if (explained.has(variable)) return undefined
    const text = `${field}: \${${variable}} is not set: set ${variable}${isSecret ? ` or ${variable}_FILE` : ''}`
    return { text, cause: variable }
  }
  const text = `${field} (from ${variable}):${isSecret ? '' : quoted(value)} ${issue.message}`
  return { text, cause: `${variable} ${issue.message}` }
}

function quoted(value: unknown): string {
  return ` ${JSON.stringify(value).slice(0, MAX_VALUE_CHARACTERS)}`
}
