/**
 * A text of the cluster in one line. What pods and users have written may hold escape sequences, which would control
 * the terminal.
 */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim()
}

/** Lines without anything that could control a terminal, but the colours of this program. */
export function harmless(text: string): string {
  return text.replaceAll(UNSAFE, '$1')
}

// oxlint-disable-next-line no-control-regex -- the sequences of styleText begin with one
const UNSAFE = /(\u001b\[(?:[12]|22|3[1-6]|39)m)|(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** JSON in which every character is escaped that could control a terminal. */
export function jsonText(value: object, spaces?: number): string {
  return JSON.stringify(value, undefined, spaces).replaceAll(/[\u007f-\u009f\p{Cf}\u2028\u2029]/gu, escaped)
}

function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}
