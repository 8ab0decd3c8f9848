import { AppError } from '../support/errors.ts'

/** A body's bound in UTF-8. Escaped as JSON it is at most 6 times as long, which still fits a frame of 128 KiB to a client. */
export const maxBodyBytes = 16 * 1024

const userName = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,63}$/u
const slug = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const clientId = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/

export const rules = {
  user: '1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit',
  room: '1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit',
  clientId: '1 to 64 of A-Z a-z 0-9 . _ : -, beginning with a letter or digit',
  body: `a text of 1 to ${maxBodyBytes} bytes in UTF-8`,
}

export function isUserName(value: unknown): value is string {
  return typeof value === 'string' && userName.test(value) && value.normalize('NFC') === value
}

export function isRoomName(value: unknown): value is string {
  return typeof value === 'string' && slug.test(value)
}

export function isClientId(value: unknown): value is string {
  return typeof value === 'string' && clientId.test(value)
}

/** What makes a body unfit to be stored as it is; undefined where nothing does. */
export function bodyFault(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return `must be ${rules.body}`
  if (!value.isWellFormed()) return 'holds half of a surrogate pair, which no UTF-8 can carry'
  if (value.length > maxBodyBytes || Buffer.byteLength(value) > maxBodyBytes) return `must be ${rules.body}`
  return undefined
}

/** A value as an error message may show it: short, quoted, printable. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 80).toWellFormed()}...` : text
}

export function badField(field: string, value: unknown, rule: string): AppError {
  return new AppError('bad_request', `${shown(value)}: must be ${rule}`, field)
}
