import type { Choice } from '../chaos/choice.ts'

const DEEP = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
/** Values that a field is not made for, as JSON. */
const VALUES: readonly string[] = [
  'null',
  'true',
  '0',
  '-1',
  '0.5',
  '1e308',
  '1e999',
  '9007199254740993',
  '{}',
  '[[]]',
  '""',
  `"' OR 1=1 --"`,
  '"__proto__"',
  String.raw`"a\u0000b"`,
  String.raw`"\ud800"`,
  String.raw`"\u202e"`,
  String.raw`"a\r\nX: y"`,
  '"../../etc/passwd"',
  '{"__proto__":{"a":1}}',
  '{"toString":1,"length":-1}',
  JSON.stringify('x'.repeat(17_000)),
  JSON.stringify('👩‍👩‍👧'.repeat(900)),
  JSON.stringify(Array.from({ length: 300 }, (_, index) => `user${index}`)),
  JSON.stringify(Array.from({ length: 300 }, () => ({ room: 'a', after: { epoch: 1, seq: 0 } }))),
  `"${String.raw`\u00e9`.repeat(5000)}"`,
  DEEP,
]
const KEYS: readonly string[] = [
  '__proto__',
  'constructor',
  'type',
  'room',
  'clientId',
  'hasOwnProperty',
  'x'.repeat(2000),
]

/** One hostile form of a JSON object: a wrong value or key, or a text that is cut or damaged. */
export function mutated(choice: Choice, fields: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(fields).map(([key, value]) => [JSON.stringify(key), JSON.stringify(value)] as const)
  switch (choice.between(0, 6)) {
    case 0:
      return textOf(entries)
    case 1:
      return textOf(entries.filter(() => choice.number() < 0.8))
    case 2:
      return textOf([...entries, [JSON.stringify(choice.of(KEYS)), choice.of(VALUES)]])
    case 3:
      return damaged(choice, textOf(entries))
    default: {
      const at = choice.between(0, Math.max(entries.length - 1, 0))
      return textOf(entries.map((entry, index) => (index === at ? [entry[0], choice.of(VALUES)] : entry)))
    }
  }
}

function textOf(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map((entry) => entry.join(':')).join(',')}}`
}

/** Cut, with a piece twice, or with another character. */
function damaged(choice: Choice, text: string): string {
  const at = choice.between(0, text.length)
  const to = Math.min(at + choice.between(0, 20), text.length)
  const kind = choice.between(0, 2)
  if (kind === 0) return text.slice(0, at)
  if (kind === 1) return text.slice(0, to) + text.slice(at)
  return text.slice(0, at) + String.fromCodePoint(choice.between(0, 0xd7ff)) + text.slice(to)
}

/** A value that a field is not made for, as a text of a path or a query. */
export function hostileText(choice: Choice): string {
  return choice.of(VALUES).slice(0, 3000).toWellFormed()
}
