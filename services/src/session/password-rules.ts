import { AppError } from '../support/errors.ts'
import { MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARACTERS } from '../support/limits.ts'

/** Passwords of at least the shortest length that many people use, in lower case. Read at the first registration: 20 ms. */
let common: Promise<ReadonlySet<string>> | undefined

async function readCommon(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  return new Set(dictionary['passwords-common'].map(String))
}

/** @throws AppError `bad_request` with the rule that the new password breaks; no message quotes it */
export async function checkNewPassword(password: string, user: string): Promise<void> {
  checkPassword(password)
  const folded = fold(password)
  if (folded === fold(user)) throw wrong('must not be the name of the user')
  common ??= readCommon()
  if ((await common).has(folded)) throw wrong('is a common password: choose another')
}

/** @throws AppError `bad_request` for what cannot be the password of anybody */
export function checkPassword(password: string): void {
  if (Array.from(password).length < MIN_PASSWORD_CHARACTERS)
    throw wrong(`must have at least ${MIN_PASSWORD_CHARACTERS} characters`)
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES)
    throw wrong(`must have at most ${MAX_PASSWORD_BYTES} bytes in UTF-8`)
  if (password.includes('\0')) throw wrong('must not have a NUL character')
  if (!password.isWellFormed()) throw wrong('is not valid Unicode')
}

const fold = (text: string) => text.normalize('NFKC').toLowerCase()

const wrong = (message: string) => new AppError('bad_request', message, 'password')
