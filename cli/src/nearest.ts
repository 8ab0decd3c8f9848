import { distance } from 'fastest-levenshtein'

/** A shorter beginning, such as the `p` of `prod`, fits too many names. */
const SHORTEST_BEGINNING = 3

/**
 * The name that was probably meant: it differs in at most a third of the letters, has two letters swapped, or one of the two
 * begins with the other (`--environment` and `--env`).
 *
 * @returns undefined when no name is near
 */
export function nearest(unknown: string, names: readonly string[]): string | undefined {
  const text = unknown.toLowerCase()
  const furthest = Math.max(1, Math.floor(text.length / 3))
  const [first] = names
    .map((name) => ({ name, edits: distance(name.toLowerCase(), text) }))
    .filter(({ name, edits }) => {
      const lower = name.toLowerCase()
      return edits <= furthest || (edits <= 2 && sorted(lower) === sorted(text)) || isBeginning(lower, text)
    })
    .toSorted((a, b) => a.edits - b.edits)
  return first?.name
}

/** The message for a name that does not exist: the nearest one, where there is one, and all that exist. */
export function unknownName(what: string, unknown: string, names: readonly string[]): string {
  const near = nearest(unknown, names)
  const all = `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`
  return near === undefined
    ? `unknown ${what} "${unknown}"; ${all}`
    : `unknown ${what} "${unknown}": did you mean ${near}? (${all})`
}

function isBeginning(a: string, b: string): boolean {
  return Math.min(a.length, b.length) >= SHORTEST_BEGINNING && (a.startsWith(b) || b.startsWith(a))
}

function sorted(text: string): string {
  return text.split('').toSorted().join('')
}
