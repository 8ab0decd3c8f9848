import { AppError } from '../support/errors.ts'
import { badField, bodyFault, isClientId, isRoomName, rules } from './names.ts'

/** Where a client stands in a room: it has everything up to `seq` of this epoch. */
export interface Cursor {
  readonly epoch: number
  readonly seq: number
}

export type ClientFrame =
  | { readonly type: 'join'; readonly room: string; readonly after: Cursor | undefined }
  | { readonly type: 'leave'; readonly room: string }
  | { readonly type: 'send'; readonly room: string; readonly clientId: string; readonly body: string }
  | { readonly type: 'history'; readonly room: string; readonly before: number | undefined; readonly limit: number }
  | { readonly type: 'ping' }

type Fields = Readonly<Record<string, unknown>>

export const maxHistory = 200

/**
 * Parses a frame of a client. Only fields that are asked for are read, as own values of a parsed object, so no key of it can
 * reach a prototype; unknown fields are left for newer releases. Checked by hand: it runs for every message.
 * @throws AppError `bad_request` or `too_large` naming the field, the value and the rule.
 */
export function parseClientFrame(text: string): ClientFrame {
  const fields = parseObject(text)
  const type = own(fields, 'type')
  const parse = typeof type === 'string' ? parsers.get(type) : undefined
  if (!parse) throw badField('type', type, `one of ${[...parsers.keys()].join(', ')}`)
  return parse(fields)
}

const parsers: ReadonlyMap<string, (fields: Fields) => ClientFrame> = new Map<string, (fields: Fields) => ClientFrame>([
  ['join', (fields) => ({ type: 'join', room: room(fields), after: cursor(own(fields, 'after')) })],
  ['leave', (fields) => ({ type: 'leave', room: room(fields) })],
  ['send', (fields) => ({ type: 'send', room: room(fields), clientId: clientId(fields), body: body(fields) })],
  ['history', (fields) => ({ type: 'history', room: room(fields), before: before(fields), limit: limit(fields) })],
  ['ping', () => ({ type: 'ping' })],
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
  if (!isRoomName(value)) throw badField('room', value, rules.room)
  return value
}

/** The client id of a frame that was refused, so that the refusal can name it. */
export function refusedClientId(text: string): string | undefined {
  try {
    const value = own(parseObject(text), 'clientId')
    return isClientId(value) ? value : undefined
  } catch {
    return undefined
  }
}

function clientId(fields: Fields): string {
  const value = own(fields, 'clientId')
  if (!isClientId(value)) throw badField('clientId', value, rules.clientId)
  return value
}

function body(fields: Fields): string {
  const value = own(fields, 'body')
  const fault = bodyFault(value)
  if (fault !== undefined)
    throw new AppError(fault.startsWith('must') && isLong(value) ? 'too_large' : 'bad_request', fault, 'body')
  return value as string
}

const isLong = (value: unknown) => typeof value === 'string' && value !== ''

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
  if (value === undefined || value === null) return 50
  const number = count(value, 'limit')
  if (number < 1 || number > maxHistory) throw badField('limit', value, `from 1 to ${maxHistory}`)
  return number
}

function count(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw badField(field, value, 'a whole number from 0 to 9007199254740991')
  }
  return value
}
