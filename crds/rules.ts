import type { z } from 'zod'

/**
 * A rule for a value, in two forms: CEL for the API server, and a predicate for TypeScript. A test sends the counter-example of
 * every rule to both.
 */
export interface Rule<T> {
  /** CEL over `self`. Every string and list that it reads is bounded, so that the API server can estimate its cost. */
  readonly rule: string
  /** Shown after the field's path; names the fix. */
  readonly message: string
  /** The same message with the value in it, as CEL: the API server shows only the type of a wrong value. */
  readonly messageExpression?: string
  /**
   * The wrong field, as a path of plain names below `self` (`.autoscaling.maxReplicas`).
   *
   * @default self
   */
  readonly fieldPath?: string
  readonly reason?: 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired'
  readonly holds: (self: T) => boolean
}

/** Keyword of the CEL rules in a schema. */
export const VALIDATIONS = 'x-kubernetes-validations'

/** The schema with further rules. */
export function ruled<S extends z.ZodType>(schema: S, ...rules: readonly Rule<z.output<S>>[]): S {
  return schema
    .check((context) => {
      for (const broken of rules.filter((rule) => !rule.holds(context.value)))
        context.issues.push({
          code: 'custom',
          message: broken.message,
          path: pathOf(broken.fieldPath),
          input: context.value,
        })
    })
    .meta({ [VALIDATIONS]: [...celRules(schema), ...rules.map(celRule)] })
}

function celRules(schema: z.ZodType): object[] {
  return (schema.meta()?.[VALIDATIONS] ?? []) as object[]
}

/** A rule as it is in the CRD. */
export function celRule<T>(rule: Rule<T>): Omit<Rule<T>, 'holds'> {
  const { holds: _holds, ...cel } = rule
  return cel
}

function pathOf(fieldPath = ''): string[] {
  return fieldPath.split('.').filter((name) => name !== '')
}
