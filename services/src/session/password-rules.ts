import { AppError } from '../support/errors.ts'
import { MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARACTERS } from '../support/limits.ts'

/**
 * @param field of the request that has the password
 * @default password
 * @throws AppError `bad_request` with the rule that the new password breaks; no message quotes it
 */
export async function checkNewPassword(password: string, user: string, field = 'password'): Promise<void> {
  const wrong = (message: string) => new AppError('bad_request', message, field)
  const fault = passwordFault(password)
  if (fault !== undefined) throw wrong(fault)
  const folded = fold(password)
  if (folded === fold(user)) throw wrong('must not be the name of the user')
  const { COMMON_PASSWORDS } = await import('./common-passwords.ts')
  if (COMMON_PASSWORDS.has(folded)) throw wrong('is a common password: choose another')
}

/** Why a text cannot be the password of anybody. */
function passwordFault(password: string): string | undefined {
  if (Array.from(password).length < MIN_PASSWORD_CHARACTERS)
    return `must have at least ${MIN_PASSWORD_CHARACTERS} characters`
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return `must have at most ${MAX_PASSWORD_BYTES} bytes in UTF-8`
  if (password.includes('\0')) return 'must not have a NUL character'
  return password.isWellFormed() ? undefined : 'is not valid Unicode'
}

const fold = (text: string) => text.normalize('NFKC').toLowerCase()
