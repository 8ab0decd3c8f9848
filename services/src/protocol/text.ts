/** The fault of a text that UTF-8 cannot represent. */
export const HALF_SURROGATE_PAIR = 'has half of a surrogate pair, which UTF-8 cannot represent'

const CONTROL = /\p{Cc}/u
/** Few texts have any of these, so the others are not looked at character by character. */
const SUSPECT = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u
/** Tab, line feed and carriage return. */
const LAYOUT = new Set(['\t', '\n', '\r'])
const LINE_BREAKS = new Set(['\n', '\r', '\u2028', '\u2029'])

/** What closes each character that changes the direction of what follows (UAX 9, 3.1). */
const CLOSED_BY: ReadonlyMap<string, string> = new Map([
  ...['\u202a', '\u202b', '\u202d', '\u202e'].map((opening) => [opening, '\u202c'] as const),
  ...['\u2066', '\u2067', '\u2068'].map((opening) => [opening, '\u2069'] as const),
])

const CLOSINGS = new Set(CLOSED_BY.values())

/**
 * Why a text cannot be shown safely beside other texts; undefined for a safe one. Control characters are refused, except tabs
 * and line breaks where the text may have lines. A change of direction has to end in its line, so that it reaches no other
 * text.
 */
export function textFault(text: string, { hasLines }: { readonly hasLines: boolean }): string | undefined {
  if (!text.isWellFormed()) return HALF_SURROGATE_PAIR
  if (!SUSPECT.test(text)) return undefined
  let open: string[] = []
  for (const character of text) {
    if (LINE_BREAKS.has(character)) {
      if (!hasLines) return `has a line break (${nameOf(character)}): remove it`
      if (open.length > 0) return unclosed(open)
    } else if (CONTROL.test(character) && !(hasLines && LAYOUT.has(character)))
      return `has a control character (${nameOf(character)}): remove it`
    if (CLOSED_BY.has(character)) open.push(character)
    else if (CLOSINGS.has(character)) open = closedBy(character, open)
  }
  return open.length > 0 ? unclosed(open) : undefined
}

/** The end of an isolate also ends the embeddings in it; the end of an embedding ends no isolate. */
function closedBy(character: string, open: readonly string[]): string[] {
  const last = open.findLastIndex((opening) => CLOSED_BY.get(opening) === character)
  const isHidden = character === '\u202c' && open.slice(last + 1).length > 0
  return open.slice(0, last < 0 || isHidden ? open.length : last)
}

function unclosed(open: readonly string[]): string {
  const opening = open.at(-1) ?? ''
  const closing = nameOf(CLOSED_BY.get(opening) ?? '')
  return `has ${nameOf(opening)}, which changes the direction of what follows: end it in the same line with ${closing}`
}

function nameOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
