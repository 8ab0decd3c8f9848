import { dictionary } from '@zxcvbn-ts/language-common'

/** Passwords that many people use, in lower case. Its package takes 20 ms to load, so this module is loaded when it is needed. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(dictionary['passwords-common'].map(String))
