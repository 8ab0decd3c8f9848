import { describe, expect, test } from 'vitest'
import { textFault } from './text.ts'

const body = (text: string) => textFault(text, { hasLines: true })
const title = (text: string) => textFault(text, { hasLines: false })

describe('a text', () => {
  test.for([
    'plain',
    'שלום, world',
    '家\u200d👨‍👩‍👧',
    '\u2067עברית\u2069 and more',
    '\u202bעברית\u202c and more',
    '\u2066a \u202eb\u202c c\u2069',
    '\u2067a \u202ab\u2069',
    'closed\u202c twice\u2069',
  ])('%j is safe', (text) => {
    expect([body(text), title(text)]).toEqual([undefined, undefined])
  })

  test.for([
    ['a\0b', 'U+0000'],
    ['a\u0007b', 'U+0007'],
    ['\u001b[31mred', 'U+001B'],
    ['a\u007fb', 'U+007F'],
    ['a\u0085b', 'U+0085'],
  ] as const)('%j is refused for its control character', ([text, name]) => {
    for (const fault of [body(text), title(text)]) expect(fault).toBe(`has a control character (${name}): remove it`)
  })

  test.for([
    ['user\u202etxt.exe', 'U+202E', 'U+202C'],
    ['\u2067open', 'U+2067', 'U+2069'],
    ['\u2067inner \u202c', 'U+2067', 'U+2069'],
    ['\u202eover \u2066isolate\u202c\u2069', 'U+202E', 'U+202C'],
  ] as const)('%j is refused, since its change of direction reaches other texts', ([text, opening, closing]) => {
    for (const fault of [body(text), title(text)])
      expect(fault).toBe(
        `has ${opening}, which changes the direction of what follows: end it in the same line with ${closing}`,
      )
  })

  test('that cannot be UTF-8 is refused', () => {
    expect(body('\ud800')).toContain('half of a surrogate pair')
  })
})

test('a body has lines and tabs, and a change of direction ends in its line', () => {
  expect(body('one\n\ttwo\r\nthree')).toBeUndefined()
  expect(body('\u202eone\ntwo\u202c')).toContain('end it in the same line')
})

test('a title has one line', () => {
  for (const text of ['one\ntwo', 'one\u2028two']) expect(title(text)).toContain('has a line break')
  expect(title('a\tb')).toContain('has a control character (U+0009)')
})

describe('changes of direction inside each other', () => {
  const EMBEDDING = ['\u202a', '\u202c'] as const
  const ISOLATE = ['\u2066', '\u2069'] as const
  const nested = ([opening, closing]: readonly [string, string], depth: number) =>
    `${opening.repeat(depth)}a${closing.repeat(depth)}`

  test.for([EMBEDDING, ISOLATE])('may be as deep as UAX 9 allows', (pair) => {
    expect(body(nested(pair, 125).repeat(3))).toBeUndefined()
    expect(body(nested(pair, 126))).toContain('more than 125 changes of direction inside each other')
  })

  test('take no more time than those beside each other', () => {
    const around = (depth: number, text: string) =>
      `${'\u202a'.repeat(depth)}\u2066${text}\u2069${'\u202c'.repeat(depth)}`
    const deep = around(123, '\u202c\u202a\u202c'.repeat(1700))
    const flat = around(1, '\u202c\u202a\u202c'.repeat(1700) + '\u202a\u202c'.repeat(122))
    expect([deep.length, body(deep), body(flat)]).toEqual([flat.length, undefined, undefined])
    const refused = '\u202a'.repeat(1820) + '\u2069'.repeat(1820) + '\u202c'.repeat(1820)

    for (const text of [deep, refused]) expect(leastMs(() => body(text))).toBeLessThan(4 * leastMs(() => body(flat)))
  })

  /** The least time of some runs: the others were disturbed. */
  const leastMs = (run: () => void) =>
    Math.min(
      ...Array.from({ length: 30 }, () => {
        const startedAtMs = performance.now()
        run()
        return performance.now() - startedAtMs
      }),
    )
})
