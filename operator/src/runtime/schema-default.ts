import { canonical } from '@chat-app/chat'
import { at, isRecord } from './json.ts'
import type { FieldSchema } from './served-schema.ts'

/** The schema at a path; undefined when it has no such field. */
export function schemaAt(schema: FieldSchema | undefined, path: readonly PropertyKey[]): FieldSchema | undefined {
  const [key, ...below] = path
  if (key === undefined || schema === undefined) return schema
  return schemaAt(typeof key === 'number' ? schema.items : schema.properties?.[String(key)], below)
}

/** Whether a value is what the API server fills in: the default, and in it the defaults of its fields. */
export function isDefaultOf(schema: FieldSchema | undefined, value: unknown): boolean {
  if (schema?.default === undefined) return false
  if (canonical(schema.default) === canonical(value)) return true
  if (!isRecord(value)) return false
  return Object.entries(value).every(
    ([key, field]) =>
      canonical(field) === canonical(at(schema.default, key)) || isDefaultOf(schema.properties?.[key], field),
  )
}
