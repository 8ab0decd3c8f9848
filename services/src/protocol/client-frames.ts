import { AppError } from '../support/errors.ts'
import { DEFAULT_PAGE_EVENTS, MAX_PAGE_EVENTS } from '../support/limits.ts'
import { FEED_TYPES, parseFeedFrame, type FeedRequest } from './feed-frames.ts'
import { badField, bodyFault, isClientId, isProbeName, isRoomName, RULES } from './names.ts'

/** A client's position in a room: it has every event up to `seq` of this epoch. */
export interface Cursor {
  readonly epoch: number
  readonly seq: number
}

type Request =
  | { readonly type: 'join'; readonly room: string; readonly after: Cursor | undefined }
  | { readonly type: 'leave'; readonly room: string }
  | {
      readonly type: 'send'
      readonly room: string
      readonly clientId: string
      readonly body: string
      /** Why the body is refused, unless it was stored already. */
      readonly fault: AppError | undefined
    }
  | { readonly type: 'history'; readonly room: string; readonly before: number | undefined; readonly limit: number }
  /** Another token of the session that opened the connection. */
  | { readonly type: 'renew'; readonly token: string }
  | { readonly type: 'ping' }
  | FeedRequest

/** `requestId` is returned in the answer. */
export type ClientFrame = Request & { readonly requestId: string | undefined }

/** What an error frame names of the frame that it answers; each field is absent if it is unknown. */
export interface Answered {
  readonly request?: ClientFrame['type']
  readonly requestId?: string
  readonly room?: string
  readonly clientId?: string
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Parses a frame from a client. Unknown fields are ignored: newer releases may add some. Only own properties are read,
 * so a key such as `__proto__` has no effect. There is no schema library here because this runs for every message.
 * @throws AppError `bad_request` with the field, the value and the rule
 */
export function parseClientFrame(text: string): ClientFrame {
  const fields = parseObject(text)
  const type = own(fields, 'type')
  const parse = typeof type === 'string' ? PARSERS.get(type) : undefined
  if (!parse) throw badField('type', type, `one of ${[...PARSERS.keys()].join(', ')}`)
  return { ...parse(fields), requestId: requestId(fields) }
}

const PARSERS: ReadonlyMap<string, (fields: Fields) => Request> = new Map<string, (fields: Fields) => Request>([
  ['join', (fields) => ({ type: 'join', room: room(fields), after: cursor(own(fields, 'after')) })],
  ['leave', (fields) => ({ type: 'leave', room: room(fields) })],
  ['send', (fields) => ({ type: 'send', room: room(fields), clientId: clientId(fields), ...body(fields) })],
  ['history', (fields) => ({ type: 'history', room: room(fields), before: before(fields), limit: limit(fields) })],
  ['renew', (fields) => ({ type: 'renew', token: token(fields) })],
  ['ping', () => ({ type: 'ping' })],
  ...FEED_TYPES.map((type) => [type, (fields: Fields) => parseFeedFrame(type, fields)] as const),
])

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

function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined
}

function room(fields: Fields): string {
  const value = own(fields, 'room')
  if (!isRoomName(value) && !isProbeName(value)) throw badField('room', value, RULES.room)
  return value
}

/** What is valid in a frame that failed to parse, so that the error frame can say which frame it answers. */
export function refusedFrame(text: string): Answered {
  let fields: Fields
  try {
    fields = parseObject(text)
  } catch {
    return {}
  }
  const [type, room, clientId, requestId] = ['type', 'room', 'clientId', 'requestId'].map((name) => own(fields, name))
  return {
    ...(isRequest(type) && { request: type }),
    ...(isClientId(requestId) && { requestId }),
    ...((isRoomName(room) || isProbeName(room)) && { room }),
    ...(isClientId(clientId) && { clientId }),
  }
}

function isRequest(type: unknown): type is ClientFrame['type'] {
  return typeof type === 'string' && PARSERS.has(type)
}

function requestId(fields: Fields): string | undefined {
  const value = own(fields, 'requestId')
  if (value === undefined || value === null) return undefined
  if (!isClientId(value)) throw badField('requestId', value, RULES.clientId)
  return value
}

function clientId(fields: Fields): string {
  const value = own(fields, 'clientId')
  if (!isClientId(value)) throw badField('clientId', value, RULES.clientId)
  return value
}

function body(fields: Fields): { body: string; fault: AppError | undefined } {
  const value = own(fields, 'body')
  if (typeof value !== 'string') throw new AppError('bad_request', `must be ${RULES.body}`, 'body')
  return { body: value, fault: bodyFault(value) }
}

/** No message quotes it. */
function token(fields: Fields): string {
  const value = own(fields, 'token')
  if (typeof value !== 'string') throw new AppError('bad_request', 'must be a text', 'token')
  return value
}

function cursor(value: unknown): Cursor | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object') throw badField('after', value, 'an object {epoch, seq}')
  return {
    epoch: count(own(value as Fields, 'epoch'), 'after.epoch'),
    seq: count(own(value as Fields, 'seq'), 'after.seq'),
  }
}

function before(fields: Fields): number | undefined {
  const value = own(fields, 'before')
  return value === undefined || value === null ? undefined : count(value, 'before')
}

function limit(fields: Fields): number {
  const value = own(fields, 'limit')
  if (value === undefined || value === null) return DEFAULT_PAGE_EVENTS
  const number = count(value, 'limit')
  if (number < 1 || number > MAX_PAGE_EVENTS) throw badField('limit', value, `from 1 to ${MAX_PAGE_EVENTS}`)
  return number
}

function count(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw badField(field, value, `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`)
  }
  return value
}
