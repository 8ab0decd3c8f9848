import { AppError } from '../support/errors.ts'
import { MAX_BODY_BYTES } from '../support/limits.ts'
import { textFault } from './text.ts'

const USER_NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,63}$/u
export const ROOM_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
/** Users and rooms of `prove`. No name that a user can choose begins with "_". */
const PROBE_NAME = /^_probe\.[a-z0-9]{8,16}\.[a-z0-9]{16}$/
export const CLIENT_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/
/** Of users and rooms that exist: those of `prove`, too. */
export const KNOWN_USER_NAME = either(USER_NAME, PROBE_NAME)
export const KNOWN_ROOM_NAME = either(ROOM_NAME, PROBE_NAME)

/** Characters of a value that an error message shows. */
const MAX_SHOWN_CHARACTERS = 80

/** The rules of the fields, as error messages give them after "must be". */
export const RULES = {
  user: '1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit',
  room: '1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit',
  clientId: '1 to 64 of A-Z a-z 0-9 . _ : -, beginning with a letter or digit',
  body: `a text of 1 to ${MAX_BODY_BYTES} bytes in UTF-8`,
}

export function isUserName(value: unknown): value is string {
  return typeof value === 'string' && USER_NAME.test(value) && value.normalize('NFC') === value
}

export function isRoomName(value: unknown): value is string {
  return typeof value === 'string' && ROOM_NAME.test(value)
}

/**
 * Whether a user or a room belongs to `prove`, which makes them in the database: such a name can be used and not be
 * registered or created.
 */
export function isProbeName(value: unknown): value is string {
  return typeof value === 'string' && PROBE_NAME.test(value)
}

export function isClientId(value: unknown): value is string {
  return typeof value === 'string' && CLIENT_ID.test(value)
}

/** Why a body is refused; undefined for a valid one. Another release may have stored one that this release refuses. */
export function bodyFault(body: string): AppError | undefined {
  const rule = `must be ${RULES.body}`
  if (body === '') return new AppError('bad_request', rule, 'body')
  if (body.length > MAX_BODY_BYTES || Buffer.byteLength(body) > MAX_BODY_BYTES)
    return new AppError('too_large', rule, 'body')
  const fault = textFault(body, { hasLines: true })
  return fault === undefined ? undefined : new AppError('bad_request', fault, 'body')
}

/** A value in the form that error messages show: short, quoted, printable. */
export function shown(value: unknown): string {
  const text = jsonOf(value)
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS).toWellFormed()}...` : text
}

/** What JSON.parse takes may have more levels than JSON.stringify does. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return Array.isArray(value) ? '[...]' : '{...}'
  }
}

/** The error for a field whose value breaks its rule. */
export function badField(field: string, value: unknown, rule: string): AppError {
  return new AppError('bad_request', `${shown(value)}: must be ${rule}`, field)
}

function either(one: RegExp, other: RegExp): RegExp {
  return new RegExp(`${one.source}|${other.source}`, 'u')
}
