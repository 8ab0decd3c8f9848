import type { z } from 'zod'
import { isClientId, isProbeName, isRoomName, badField, RULES } from '../protocol/names.ts'
import type { Answered } from '../protocol/client-frames.ts'
import { AppError } from '../support/errors.ts'
import { parse } from './input.ts'
import { inputOf, type AnyOperation, type FrameBinding } from './operation.ts'
import { OPERATIONS } from './registry.ts'

/** A frame from a client: the operation that it asks for. */
export interface ClientFrame {
  readonly operation: AnyOperation & { readonly frame: FrameBinding }
  readonly input: Readonly<Record<string, unknown>>
  /** Is returned in the answer. */
  readonly requestId: string | undefined
}

type Fields = Readonly<Record<string, unknown>>

interface Asked {
  readonly operation: ClientFrame['operation']
  readonly schema: z.ZodObject
}

/** The kind of a frame without one. */
const DEFAULT_KIND = 'message'
/** By the type of the frame, then by its kind, which only some types have. */
const FRAMES = new Map<string, Map<unknown, Asked>>()
for (const operation of OPERATIONS) {
  const { frame } = operation
  if (!frame) continue
  const kinds = FRAMES.get(frame.type) ?? new Map<unknown, Asked>()
  const asked = { operation: { ...operation, frame }, schema: inputOf(operation, frame) }
  FRAMES.set(frame.type, kinds.set(frame.kind ?? DEFAULT_KIND, asked))
}

/** There are too many to name all of them in an error. */
const KNOWN_TYPE = 'a type of frame that the protocol has, such as join, send, history or sync'

/**
 * Parses a frame from a client. Unknown fields are ignored: newer releases may add some.
 * @throws AppError `bad_request` with the field, the value and the rule
 */
export function parseClientFrame(text: string): ClientFrame {
  const fields = parseObject(text)
  const { operation, schema } = asked(fields)
  const input = parse(schema, fields, 'undefined')
  return { operation, input, requestId: requestId(fields['requestId']) }
}

function parseObject(text: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new AppError('bad_request', 'the frame is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AppError('bad_request', 'the frame must be a JSON object with a "type"')
  }
  return value as Fields
}

function asked({ type, kind }: Fields): Asked {
  const kinds = typeof type === 'string' ? FRAMES.get(type) : undefined
  if (!kinds) throw badField('type', type, KNOWN_TYPE)
  // Types without kinds ignore the field, as any that they do not know.
  const found = kinds.size === 1 ? kinds.values().next().value : kinds.get(kind ?? DEFAULT_KIND)
  if (!found) throw badField('kind', kind, `one of ${[...kinds.keys()].join(', ')}`)
  return found
}

function requestId(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (!isClientId(value)) throw badField('requestId', value, RULES.clientId)
  return value
}

/** What an error frame names of the frame that it answers. */
export function about({ operation, input, requestId }: ClientFrame): Answered {
  return { request: operation.frame.type, ...named({ ...input, requestId }) }
}

/** What is valid in a frame that failed to parse, so that the error frame can say which frame it answers. */
export function refusedFrame(text: string): Answered {
  let fields: Fields
  try {
    fields = parseObject(text)
  } catch {
    return {}
  }
  const { type } = fields
  return { ...(typeof type === 'string' && FRAMES.has(type) && { request: type }), ...named(fields) }
}

function named({ room, clientId, requestId }: Fields): Answered {
  return {
    ...(isClientId(requestId) && { requestId }),
    ...((isRoomName(room) || isProbeName(room)) && { room }),
    ...(isClientId(clientId) && { clientId }),
  }
}
