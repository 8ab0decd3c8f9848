import { z } from 'zod'
import { ERROR_CODES } from '../../support/errors.ts'
import { clientId, room } from '../fields.ts'

type Json = Record<string, unknown>

/** The form of every error. */
export const errorBody = z.object({
  code: z.enum(ERROR_CODES),
  field: z.string().optional().describe('the field that is wrong'),
  message: z.string().describe('the value, and the rule that it breaks'),
  retryAfterSeconds: z.int().min(1).optional().describe('after this time the same request may succeed'),
})

/** What an error frame says of the frame that it answers. */
export const errorFrame = z.object({
  ...errorBody.shape,
  request: z.string().optional().describe('the type of the frame that it answers'),
  room: room.optional(),
  clientId: clientId.optional(),
})

/**
 * A schema as JSON Schema. Left out is that `null` is the same as an absent field, and that objects have no further
 * properties: both ends ignore those that they do not know.
 *
 * @param io whether clients send it or get it
 */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output', target: 'draft-7' | 'draft-2020-12'): Json {
  const { $schema: _draft, ...json } = z.toJSONSchema(schema, { io, target }) as Json
  return simplified(json) as Json
}

function simplified(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(simplified)
  if (typeof node !== 'object' || node === null) return node
  const entries = Object.entries(node).filter(([name, value]) => name !== 'additionalProperties' || value !== false)
  const json = Object.fromEntries(entries.map(([name, value]) => [name, simplified(value)])) as Alternatives
  const { anyOf, ...rest } = json
  const [first, second] = anyOf ?? []
  return anyOf?.length === 2 && second?.type === 'null' ? { ...rest, ...first } : json
}

interface Alternatives {
  readonly anyOf?: readonly { readonly type?: string }[]
}
