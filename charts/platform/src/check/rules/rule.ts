import { fieldOf, type Fault } from '@chat-app/chat/constructs'
import type { Environment } from '../../environment/environment.ts'

/** What must hold between parts of an environment, each of which is right by itself. */
export interface Rule {
  /** The parts that it reads: it is not asked while one of them does not have its shape. */
  readonly of: readonly (keyof Environment)[]
  faults(environment: Environment): readonly Fault[]
}

/** A rule about one field: what is said when it does not hold. */
export function rule(
  of: Rule['of'],
  path: Fault['path'],
  said: (environment: Environment) => string | undefined,
): Rule {
  return {
    of,
    faults: (environment) => {
      const message = said(environment)
      return message === undefined ? [] : [{ path, message }]
    },
  }
}

/** The value of a field, or with an empty path one that is always there. */
export interface Named {
  readonly path: readonly PropertyKey[]
  /** Undefined where the environment does not have the field. */
  readonly value: string | undefined
}

/** A fault for each field whose value one of the other fields before it has. */
export function mustDiffer(fields: readonly Named[], message: (before: Named) => string): Fault[] {
  const taken = new Map<string, Named>()
  return fields.flatMap((field) => {
    const { path, value } = field
    if (value === undefined) return []
    const before = taken.get(value)
    if (before === undefined) taken.set(value, field)
    const isFault = before !== undefined && path.length > 0 && fieldOf(before.path) !== fieldOf(path)
    return isFault ? [{ path, message: message(before) }] : []
  })
}
