import { canonical } from '@chat-app/chat'

/** A field that differs; an absent one is undefined. */
export interface FieldDifference {
  /** Names of fields, and items of lists as `[name]`. */
  readonly path: readonly string[]
  readonly old: unknown
  readonly new: unknown
}

/** Fields that identify the items of a list; the first that all items have is used. */
const IDENTITIES = ['name', 'alert', 'record', 'mountPath', 'host', 'topologyKey', 'secretKey']

/** The deepest fields in which two values differ. Items of a list are compared by name, whatever their position. */
export function differences(old: unknown, now: unknown, path: readonly string[] = []): FieldDifference[] {
  if (canonical(old) === canonical(now)) return []
  const inside = (before: Fields, after: Fields, step: (key: string) => string) =>
    [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      differences(before[key], after[key], [...path, step(key)]),
    )
  if (isFields(old) && isFields(now)) return inside(old, now, (key) => key)
  if (Array.isArray(old) && Array.isArray(now)) {
    const identity =
      identityOf([old, now]) ?? (old.length === now.length && [...old, ...now].every(isFields) ? '' : undefined)
    if (identity !== undefined) return inside(byKey(old, identity), byKey(now, identity), (key) => `[${key}]`)
  }
  return [{ path, old, new: now }]
}

type Fields = Readonly<Record<string, unknown>>

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The field that identifies the items: unique in each list. */
function identityOf(lists: readonly (readonly unknown[])[]): string | undefined {
  return IDENTITIES.find((field) =>
    lists.every((items) => {
      const names = items.map((item) => (isFields(item) ? item[field] : undefined))
      return names.every((name) => typeof name === 'string') && new Set(names).size === names.length
    }),
  )
}

/** Items by that field, or by position when there is none. */
function byKey(items: readonly unknown[], identity: string): Fields {
  return Object.fromEntries(
    items.map((item, index) => [identity === '' ? String(index) : String((item as Fields)[identity]), item]),
  )
}

/** `spec.containers[chat].image`, `data["my.cnf"]`. */
export function fieldName(path: readonly string[]): string {
  return path
    .map((step, index) => {
      if (step.startsWith('[')) return step
      if (!/^\w[\w-]*$/.test(step)) return `[${JSON.stringify(step)}]`
      return index === 0 ? step : `.${step}`
    })
    .join('')
}
