/** The fault of a text that UTF-8 cannot represent. */
export const HALF_SURROGATE_PAIR = 'has half of a surrogate pair, which UTF-8 cannot represent'

const CONTROL = /\p{Cc}/u
/** Few texts have any of these, so the others are not looked at character by character. */
const SUSPECT = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u
/** Tab, line feed and carriage return. */
const LAYOUT = new Set(['\t', '\n', '\r'])
const LINE_BREAKS = new Set(['\n', '\r', '\u2028', '\u2029'])

const EMBEDDING_END = '\u202c'
const ISOLATE_END = '\u2069'

/** What closes each character that changes the direction of what follows (UAX 9, 3.1). */
const CLOSED_BY: ReadonlyMap<string, string> = new Map([
  ...['\u202a', '\u202b', '\u202d', '\u202e'].map((opening) => [opening, EMBEDDING_END] as const),
  ...['\u2066', '\u2067', '\u2068'].map((opening) => [opening, ISOLATE_END] as const),
])

/** The depth that UAX 9 allows (3.3.2, max_depth). Renderers ignore what is deeper. */
const MAX_OPEN = 125

/**
 * Why a text cannot be shown safely beside other texts; undefined for a safe one. Control characters are refused, except tabs
 * and line breaks where the text may have lines. A change of direction has to end in its line, so that it reaches no other
 * text; at most 125 may be open at once.
 */
export function textFault(text: string, { hasLines }: { readonly hasLines: boolean }): string | undefined {
  if (!text.isWellFormed()) return HALF_SURROGATE_PAIR
  if (!SUSPECT.test(text)) return undefined
  const open = new Openings()
  for (const character of text) {
    if (LINE_BREAKS.has(character)) {
      if (!hasLines) return `has a line break (${nameOf(character)}): remove it`
      if (open.last !== undefined) return unclosed(open.last)
    } else if (CONTROL.test(character) && !(hasLines && LAYOUT.has(character)))
      return `has a control character (${nameOf(character)}): remove it`
    open.read(character)
    if (open.count > MAX_OPEN)
      return `has more than ${MAX_OPEN} changes of direction inside each other: end some of them earlier`
  }
  return open.last === undefined ? undefined : unclosed(open.last)
}

/** The changes of direction that are open, each character of a text in a constant time on average. */
class Openings {
  readonly #open: string[] = []
  #isolates = 0

  get count(): number {
    return this.#open.length
  }

  get last(): string | undefined {
    return this.#open.at(-1)
  }

  read(character: string): void {
    if (CLOSED_BY.has(character)) this.#add(character)
    // The end of an embedding ends no isolate.
    else if (character === EMBEDDING_END && this.last !== undefined && !isIsolate(this.last)) this.#open.pop()
    else if (character === ISOLATE_END && this.#isolates > 0) this.#endIsolate()
  }

  #add(character: string): void {
    this.#open.push(character)
    if (isIsolate(character)) this.#isolates += 1
  }

  /** The end of an isolate also ends the embeddings in it. */
  #endIsolate(): void {
    while (!isIsolate(this.#open.pop() ?? ''));
    this.#isolates -= 1
  }
}

function isIsolate(opening: string): boolean {
  return CLOSED_BY.get(opening) === ISOLATE_END
}

function unclosed(opening: string): string {
  const closing = nameOf(CLOSED_BY.get(opening) ?? '')
  return `has ${nameOf(opening)}, which changes the direction of what follows: end it in the same line with ${closing}`
}

function nameOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
