import { distance } from 'fastest-levenshtein'
import type { z } from 'zod'

/**
 * What is said of a key that there is not at this place of the values: the key that may have been meant, or the
 * alternative that has it.
 */
export function keyFault(schema: z.ZodType, values: unknown, path: readonly PropertyKey[], unknown: string): string {
  const objects = objectsAt([schema], values, path)
  const elsewhere = objects.find(({ isMeant, shape = {} }) => !isMeant && Object.hasOwn(shape, unknown))
  if (elsewhere?.choice !== undefined) return `must not be there: it is a key of ${elsewhere.choice} only`
  const keys = objects.flatMap(({ isMeant, shape, keyType }) =>
    isMeant ? Object.keys(shape ?? entriesOf(keyType)) : [],
  )
  const meant = closest(keys, unknown)
  return `there is no such key${meant === undefined ? '' : `; did you mean "${meant}"?`}`
}

/** The nearest of some keys, by letters that are put in, left out or changed; undefined when none is near. */
function closest(keys: readonly string[], unknown: string): string | undefined {
  const longest = Math.max(1, Math.floor(unknown.length / 3))
  const nearest = keys
    .map((key) => ({ key, letters: distance(key.toLowerCase(), unknown.toLowerCase()) }))
    .sort((a, b) => a.letters - b.letters)[0]
  return nearest !== undefined && nearest.letters <= longest ? nearest.key : undefined
}

/** What is read of a schema: what it wraps, its fields, items or alternatives. */
interface Definition {
  readonly innerType?: z.ZodType
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly element?: z.ZodType
  readonly keyType?: z.ZodType
  readonly valueType?: z.ZodType
  readonly options?: readonly z.ZodType[]
  /** The field whose value says which alternative is meant. */
  readonly discriminator?: string
}

/** A schema at some place of the values. */
interface Found extends Definition {
  /** Whether the values chose it; where they chose none of the alternatives, all may be meant. */
  readonly isMeant: boolean
  /** How it is chosen, such as `kind vault`. */
  readonly choice?: string
}

/** The schemas at the end of a path. */
function objectsAt(schemas: readonly z.ZodType[], value: unknown, path: readonly PropertyKey[]): Found[] {
  const objects = schemas.flatMap((schema) => unwrapped(schema, value))
  const [step, ...rest] = path
  if (step === undefined) return objects
  const next = objects
    .filter(({ isMeant }) => isMeant)
    .flatMap(({ shape, element, valueType }) => fieldOf(shape, step) ?? element ?? valueType ?? [])
  return next.length === 0 ? [] : objectsAt(next, ownValue(value, step), rest)
}

function unwrapped(schema: z.ZodType, value: unknown): Found[] {
  const definition = schema.def as Definition
  if (definition.innerType !== undefined) return unwrapped(definition.innerType, value)
  const { options, discriminator } = definition
  if (options === undefined) return [{ ...definition, isMeant: true }]
  const found = options.flatMap((option) => unwrapped(option, value))
  if (discriminator === undefined) return found
  const chosen = ownValue(value, discriminator)
  const choices = found.map((option) => ({ option, choice: literalOf(fieldOf(option.shape, discriminator)) }))
  const isChosen = choices.some(({ choice }) => choice === chosen)
  return choices.map(({ option, choice }) => ({
    ...option,
    choice: `${discriminator} ${String(choice)}`,
    isMeant: !isChosen || choice === chosen,
  }))
}

function fieldOf(shape: Definition['shape'], key: PropertyKey): z.ZodType | undefined {
  return shape !== undefined && Object.hasOwn(shape, key) ? shape[String(key)] : undefined
}

/** The keys that a record may have, where they are an enumeration. */
function entriesOf(keyType: z.ZodType | undefined): object {
  return (keyType?.def as { readonly entries?: object } | undefined)?.entries ?? {}
}

function literalOf(schema: z.ZodType | undefined): unknown {
  return (schema?.def as { readonly values?: readonly unknown[] } | undefined)?.values?.[0]
}

function ownValue(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<PropertyKey, unknown>)[key]
    : undefined
}
