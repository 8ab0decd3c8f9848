import type { ChatAppStatus } from '@chat-app/crds'
import { isRecord } from '../runtime/json.ts'
import type { FieldSchema } from '../runtime/served-schema.ts'
import { conditionOf, type StatusInput } from './status.ts'

/** The condition that exists only while the served CRD lacks a field of the status. */
const TYPE = 'StatusComplete'

/**
 * The status with what the served CRD can store. The API server refuses a status as a whole for one field that the CRD
 * lacks, so such fields are left out, and a condition names them.
 *
 * @param schema of the ChatApp as it is served; undefined when it is not known: then nothing is left out
 */
export function fitStatus(
  status: ChatAppStatus,
  schema: FieldSchema | undefined,
  input: Pick<StatusInput, 'former' | 'generation' | 'now'>,
): ChatAppStatus {
  const served = schema?.properties?.['status']
  if (served === undefined) return status
  const conditions = status.conditions?.filter(({ type }) => type !== TYPE) ?? []
  const missing = new Set<string>()
  kept({ ...status, conditions }, served, 'status', missing)
  if (missing.size === 0) return { ...status, conditions }
  const message = `the CRD lacks ${[...missing].join(', ')}: apply the CRD of the operator's release`
  const note = conditionOf({ type: TYPE, status: 'False', reason: 'OlderCRD', message }, input)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the status without some fields, none of them required
  return kept({ ...status, conditions: [...conditions, note] }, served, 'status', missing) as ChatAppStatus
}

/** Whether fields are left out of a status. */
export function isIncomplete(status: ChatAppStatus | undefined): boolean {
  return status?.conditions?.some(({ type }) => type === TYPE) ?? false
}

/** What a schema can store of a value. Adds the paths of the other fields to `missing`. */
function kept(value: unknown, schema: FieldSchema, path: string, missing: Set<string>): unknown {
  const { items, properties = {}, additionalProperties } = schema
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return value
  if (Array.isArray(value) && items !== undefined) return value.map((each) => kept(each, items, `${path}[]`, missing))
  if (!isRecord(value) || additionalProperties === true) return value
  const entries = Object.entries(value).flatMap(([name, field]) => {
    const below = properties[name] ?? additionalProperties
    if (typeof below === 'object') return [[name, kept(field, below, `${path}.${name}`, missing)]]
    missing.add(`${path}.${name}`)
    return []
  })
  return Object.fromEntries(entries)
}
