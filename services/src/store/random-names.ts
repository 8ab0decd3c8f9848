import { randomBytes, randomInt } from 'node:crypto'

const CHANNEL_BYTES = 8
const NAME_CHARACTERS = 20
/** Letters and digits that are not mistaken for each other. */
const NAME_ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'

/** The name of a Redis channel that no other room has. */
export function randomChannel(): string {
  return randomBytes(CHANNEL_BYTES).toString('hex')
}

/** The name of a room that nobody guesses. */
export function randomName(): string {
  return Array.from({ length: NAME_CHARACTERS }, () => NAME_ALPHABET[randomInt(NAME_ALPHABET.length)]).join('')
}
