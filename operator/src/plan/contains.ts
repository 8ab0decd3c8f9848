import { MERGE_KEYS } from '@chat-app/chat'
import { sameQuantity } from '@chat-app/crds'
import { isRecord } from '../runtime/json.ts'

/** Ports of a NetworkPolicy's rule look like those of a Service, but their list is replaced as a whole. */
const ATOMIC_LIST = /(^|\.)(ingress|egress)\[\d+\]\.ports$/

/** Maps that the API server replaces as a whole (`x-kubernetes-map-type: atomic`): an added key changes their meaning. */
const ATOMIC_MAPS = new Set([
  'selector',
  'podSelector',
  'namespaceSelector',
  'labelSelector',
  'matchLabels',
  'nodeSelector',
])

/** Defaults of fields that are part of a list's key. */
const KEY_DEFAULTS: Readonly<Record<string, unknown>> = { protocol: 'TCP' }

/** Fields whose values are quantities, which the server writes in another form: `1000m` becomes `1`. */
const QUANTITY_PARENTS = new Set(['limits', 'requests', 'averageValue', 'sizeLimit', 'divisor'])

/** Fields that the server leaves out when they are zero or false. */
const ZERO_IS_ABSENT = new Set([
  'minReadySeconds',
  'initialDelaySeconds',
  'readOnly',
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'stdin',
  'tty',
])

/**
 * The paths at which the live object differs from the desired one. Fields that only the live object has (defaults,
 * status, fields of other managers) are ignored, and so are added elements of a list that the server merges by key.
 */
export function missingIn(live: unknown, desired: unknown, path = ''): string[] {
  if (isEmpty(desired) && isEmpty(live)) return []
  if (isEmpty(desired) && !isRecord(desired)) return [path]
  if (Array.isArray(desired)) return missingInList(live, desired, path)
  if (isRecord(desired)) return missingInRecord(live, desired, path)
  return sameScalar(live, desired, path) ? [] : [path]
}

function missingInRecord(live: unknown, desired: Record<string, unknown>, path: string): string[] {
  if (!isRecord(live) || hasMore(live, desired, path)) return [path]
  return Object.entries(desired).flatMap(([field, value]) =>
    missingIn(live[field], value, path === '' ? field : `${path}.${field}`),
  )
}

function hasMore(live: object, desired: object, path: string): boolean {
  return ATOMIC_MAPS.has(lastField(path)) && Object.keys(live).length > Object.keys(desired).length
}

function missingInList(live: unknown, desired: readonly unknown[], path: string): string[] {
  if (!Array.isArray(live)) return [path]
  const keys = keysOf(path, desired)
  if (keys === undefined) {
    if (live.length !== desired.length) return [path]
    return desired.flatMap((item, index) => missingIn(live[index], item, `${path}[${index}]`))
  }
  const byKey = new Map(live.map((item) => [keyIn(item, keys), item]))
  return desired.flatMap((item) => {
    const key = keyIn(item, keys)
    return missingIn(byKey.get(key), item, `${path}[${key}]`)
  })
}

/** The merge key of a list all of whose elements have it. */
function keysOf(path: string, desired: readonly unknown[]): readonly string[] | undefined {
  if (ATOMIC_LIST.test(path)) return undefined
  const field = lastField(path)
  return MERGE_KEYS[field]?.find(([first = '']) => desired.every((item) => isRecord(item) && first in item))
}

function keyIn(item: unknown, keys: readonly string[]): string {
  if (!isRecord(item)) return ''
  return keys.map((key) => JSON.stringify(item[key] ?? KEY_DEFAULTS[key])).join(',')
}

function sameScalar(live: unknown, desired: unknown, path: string): boolean {
  if (live === desired) return true
  if (live === undefined && (desired === 0 || desired === false)) return ZERO_IS_ABSENT.has(lastField(path))
  return isQuantityAt(path) && sameQuantity(live, desired)
}

/** Whether the field at this path of an object holds a quantity. */
export function isQuantityAt(path: string): boolean {
  return QUANTITY_PARENTS.has(lastField(path)) || QUANTITY_PARENTS.has(lastField(parentOf(path)))
}

/** `''`, `[]`, `{}` and null, which the server leaves out in most fields. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return isRecord(value) && Object.keys(value).length === 0
}

function lastField(path: string): string {
  return (
    path
      .replace(/\[[^\]]*\]$/, '')
      .split('.')
      .at(-1) ?? ''
  )
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')))
}
