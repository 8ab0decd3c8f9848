import type { z } from 'zod'

/**
 * One rule that a value must keep, written twice because it runs in two places: as CEL in the API server and as a
 * predicate wherever TypeScript reads the same value. A test sends every rule's counter-example to both.
 */
export interface Rule<T> {
  /** CEL over `self`; every string and list it reads is bounded, so that the API server can bound its cost. */
  readonly rule: string
  /** A sentence that names the fix; it is shown after the field's path. */
  readonly message: string
  /** The same sentence with the value in it, as CEL: the API server shows only the type of what breaks a rule. */
  readonly messageExpression?: string
  /** The field to blame, as a path of plain names below `self` (`.autoscaling.maxReplicas`). */
  readonly fieldPath?: string
  readonly reason?: 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired'
  readonly holds: (self: T) => boolean
}

export const VALIDATIONS = 'x-kubernetes-validations'

/** The same schema, refused unless every rule holds. */
export function ruled<S extends z.ZodType>(schema: S, ...rules: readonly Rule<z.output<S>>[]): S {
  const earlier = (schema.meta()?.[VALIDATIONS] ?? []) as object[]
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
    .meta({ [VALIDATIONS]: [...earlier, ...rules.map(celRule)] })
}

/** What the CRD says of a rule. */
export function celRule<T>(rule: Rule<T>): Omit<Rule<T>, 'holds'> {
  const { holds: _holds, ...cel } = rule
  return cel
}

function pathOf(fieldPath = ''): string[] {
  return fieldPath.split('.').filter((name) => name !== '')
}
