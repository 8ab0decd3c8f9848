import { fieldOf, type Fault } from '@chat-app/chat/constructs'
import type { Environment } from '../../environment/environment.ts'

/** A rule between several parts of an environment, each of which is valid by itself. */
export interface Rule {
  /** The parts that the rule reads. It is skipped while one of them has the wrong shape. */
  readonly of: readonly (keyof Environment)[]
  faults(environment: Environment): readonly Fault[]
}

/**
 * A rule about one field.
 *
 * @param of the parts that it reads
 * @param path the field
 * @param check returns what the field must be, or undefined when it is right
 */
export function rule(
  of: Rule['of'],
  path: Fault['path'],
  check: (environment: Environment) => string | undefined,
): Rule {
  return {
    of,
    faults: (environment) => {
      const message = check(environment)
      return message === undefined ? [] : [{ path, message }]
    },
  }
}

/** A field with its value. A value that is in every environment has an empty path. */
export interface FieldValue {
  readonly path: readonly PropertyKey[]
  /** Undefined where the environment does not set the field. */
  readonly value: string | undefined
}

/** One fault for each field whose value an earlier field has already. */
export function mustDiffer(fields: readonly FieldValue[], message: (before: FieldValue) => string): Fault[] {
  const taken = new Map<string, FieldValue>()
  return fields.flatMap((field) => {
    const { path, value } = field
    if (value === undefined) return []
    const before = taken.get(value)
    if (before === undefined) taken.set(value, field)
    const isFault = before !== undefined && path.length > 0 && fieldOf(before.path) !== fieldOf(path)
    return isFault ? [{ path, message: message(before) }] : []
  })
}
