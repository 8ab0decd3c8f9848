import type { z } from 'zod'
import { shown } from '@chat-app/chat/constructs'

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
}

/** The message of an issue whose schema has no message of its own; undefined for zod's own text. */
export function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `must be set: ${TYPE_NAMES[issue.expected] ?? issue.expected}`
        : `must be ${TYPE_NAMES[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be ${oneOf(issue.values)}`
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? `must be ${oneOf(issue.options.filter((option) => option !== undefined))}`
        : anyOf(issue.errors)
    case 'too_small':
      return `must ${sizing(issue.origin, 'least', issue.minimum)}`
    case 'too_big':
      return `must ${sizing(issue.origin, 'most', issue.maximum)}`
    case 'invalid_format':
      return issue.format === 'email' ? 'must be an e-mail address, such as team@chat-app.com' : undefined
    default:
      return undefined
  }
}

/** The message of a union whose members expect different types. */
function anyOf(alternatives: readonly (readonly z.core.$ZodIssue[])[]): string | undefined {
  const expected = alternatives.map(([issue]) =>
    issue?.code === 'invalid_type' ? TYPE_NAMES[issue.expected] : undefined,
  )
  return expected.length === 0 || expected.includes(undefined) ? undefined : `must be ${expected.join(' or ')}`
}

function sizing(origin: string, end: 'least' | 'most', amount: number | bigint): string {
  const [verb, unit] = { string: ['have', ' characters'], array: ['have', ' entries'] }[origin] ?? ['be', '']
  return `${verb} at ${end} ${amount}${unit}`
}

function oneOf(values: readonly unknown[]): string {
  const all = values.map(shown)
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`
}
