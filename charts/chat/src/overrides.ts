import type { ChatAppSpecDefaulted } from '@chat-app/crds'
import type { Fault } from './errors.ts'
import { MERGE_KEYS } from './merge-keys.ts'

type Json = unknown
type JsonObject = Record<string, Json>

/** Of these an entry is replaced whole: it has one source of several, and two of them would be refused. */
const replaced: ReadonlySet<string> = new Set(['env', 'volumes'])

/** Lists to which the entries of an override are added. */
const appended: ReadonlySet<string> = new Set(['tolerations', 'envFrom', 'imagePullSecrets'])

/**
 * An object with an override merged into it, neither changed: objects field by field, the lists above by their key or
 * appended, other lists and values replaced, and `null` removes a field.
 */
export function merged<T extends object>(base: T, override: object): T {
  return mergeObjects(base as JsonObject, override as JsonObject) as T
}

function mergeObjects(base: JsonObject, override: JsonObject): JsonObject {
  const kept = Object.entries(base).filter(([key]) => !Object.hasOwn(override, key))
  const changed = Object.entries(override)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => [key, mergeField(key, ownValue(base, key), value)])
  // fromEntries defines properties, so that a key such as __proto__ stays plain data.
  return Object.fromEntries([...kept, ...changed]) as JsonObject
}

function mergeField(key: string, base: Json, value: Json): Json {
  if (Array.isArray(value) && Array.isArray(base)) return mergeLists(key, base, value)
  if (isObject(value)) return mergeObjects(isObject(base) ? base : {}, value)
  return value
}

function mergeLists(key: string, base: Json[], value: Json[]): Json[] {
  if (appended.has(key)) return [...base, ...value]
  const mergeKey = mergeKeyOf(key)
  if (mergeKey === undefined) return value
  const keyOf = (entry: Json) => (isObject(entry) ? ownValue(entry, mergeKey) : undefined)
  const overrides = new Map(value.map((entry) => [keyOf(entry), entry]))
  const kept = base.map((entry) => {
    const override = overrides.get(keyOf(entry))
    if (override === undefined) return entry
    return replaced.has(key) ? override : mergeObjects(entry as JsonObject, override as JsonObject)
  })
  const known = new Set(base.map(keyOf))
  return [...kept, ...value.filter((entry) => !known.has(keyOf(entry)))]
}

/**
 * The field by which the entries of a list are the same entry, for lists that are merged. A port is found by its name,
 * so that an override can change its number; a list whose key is several fields is replaced.
 */
function mergeKeyOf(list: string): string | undefined {
  if (list === 'ports') return 'name'
  if (appended.has(list)) return undefined
  const [field, ...others] = MERGE_KEYS[list]?.[0] ?? []
  return others.length === 0 ? field : undefined
}

/** What is wrong with the pod templates of a ChatApp, with paths below `spec`. The schema does not look inside them. */
export function templateFaults({ api, websocket, worker, migrations }: ChatAppSpecDefaulted): Fault[] {
  return Object.entries({ api, websocket, worker, migrations }).flatMap(([service, part]) =>
    faultsIn([service, 'podTemplate', 'spec'], part?.podTemplate?.spec ?? {}),
  )
}

function faultsIn(path: Fault['path'], value: JsonObject): Fault[] {
  return Object.entries(value).flatMap(([key, field]) => {
    const at = [...path, key]
    return [
      ...(key.startsWith('$') ? [{ path: at, message: UNKNOWN_DIRECTIVE }] : []),
      ...(Array.isArray(field) ? listFaults(at, key, field) : []),
      ...(isObject(field) ? faultsIn(at, field) : []),
    ]
  })
}

const UNKNOWN_DIRECTIVE = 'patch directives are not known here; use null to remove a field'

function listFaults(path: Fault['path'], key: string, list: Json[]): Fault[] {
  const mergeKey = mergeKeyOf(key)
  return list.flatMap((entry, index) => {
    if (!isObject(entry)) return []
    const at = [...path, index]
    const nested = faultsIn(at, entry)
    if (mergeKey === undefined || typeof ownValue(entry, mergeKey) === 'string') return nested
    return [{ path: at, message: `needs ${mergeKey}, by which it is merged with what the operator renders` }, ...nested]
  })
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function ownValue(object: JsonObject, key: string): Json {
  return Object.hasOwn(object, key) ? object[key] : undefined
}
