import { distance } from 'fastest-levenshtein'

/** A shorter prefix, such as the `p` of `prod`, matches too many names. */
const SHORTEST_PREFIX_CHARACTERS = 3

/**
 * The name that the user probably meant: it differs in at most a third of the letters, has two letters swapped, or one
 * of the two is a prefix of the other (`--environment` and `--env`). Case does not matter.
 *
 * @returns undefined when no name is near enough
 */
export function nearest(unknown: string, names: readonly string[]): string | undefined {
  const text = unknown.toLowerCase()
  const furthest = Math.max(1, Math.floor(text.length / 3))
  const [first] = names
    .map((name) => ({ name, edits: distance(name.toLowerCase(), text) }))
    .filter(({ name, edits }) => {
      const lower = name.toLowerCase()
      return edits <= furthest || (edits <= 2 && sorted(lower) === sorted(text)) || isPrefix(lower, text)
    })
    .toSorted((a, b) => a.edits - b.edits)
  return first?.name
}

/**
 * The error message for an unknown name: the nearest name, if there is one, and all valid names.
 *
 * @param what kind of the name, such as `environment`
 */
export function unknownName(what: string, unknown: string, names: readonly string[]): string {
  const near = nearest(unknown, names)
  const all = `there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`
  return near === undefined
    ? `unknown ${what} "${unknown}"; ${all}`
    : `unknown ${what} "${unknown}": did you mean ${near}? (${all})`
}

function isPrefix(a: string, b: string): boolean {
  return Math.min(a.length, b.length) >= SHORTEST_PREFIX_CHARACTERS && (a.startsWith(b) || b.startsWith(a))
}

function sorted(text: string): string {
  return text.split('').toSorted().join('')
}
