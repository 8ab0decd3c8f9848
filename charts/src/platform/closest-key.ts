import type { z } from 'zod'

/** The valid key that somebody may have meant at this place of a schema; undefined when none is near. */
export function closestKey(schema: z.ZodType, path: readonly PropertyKey[], unknown: string): string | undefined {
  const nearest = keysAt([schema], path)
    .map((key) => ({ key, distance: distance(key.toLowerCase(), unknown.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0]
  const isNear = nearest !== undefined && nearest.distance <= Math.max(1, Math.floor(unknown.length / 3))
  return isNear ? nearest.key : undefined
}

/** What is read of a schema: what it wraps, its fields, items or alternatives. */
interface Definition {
  readonly innerType?: z.ZodType
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly element?: z.ZodType
  readonly valueType?: z.ZodType
  readonly options?: readonly z.ZodType[]
}

/** Keys of the objects at the end of a path, of all alternatives. */
function keysAt(schemas: readonly z.ZodType[], path: readonly PropertyKey[]): string[] {
  const objects = schemas.flatMap(unwrapped)
  const [step, ...rest] = path
  if (step === undefined) return [...new Set(objects.flatMap(({ shape }) => Object.keys(shape ?? {})))]
  const next = objects.flatMap(({ shape, element, valueType }) => shape?.[String(step)] ?? element ?? valueType ?? [])
  return next.length === 0 ? [] : keysAt(next, rest)
}

function unwrapped(schema: z.ZodType): Definition[] {
  const definition = schema.def as Definition
  if (definition.innerType !== undefined) return unwrapped(definition.innerType)
  return definition.options?.flatMap(unwrapped) ?? [definition]
}

/** How many letters have to be put in, left out or changed. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [above, letter] of from.split('').entries()) {
    const next = [above + 1]
    for (const [index, other] of to.split('').entries()) {
      const changed = (row[index] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min((next[index] ?? 0) + 1, (row[index + 1] ?? 0) + 1, changed))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
