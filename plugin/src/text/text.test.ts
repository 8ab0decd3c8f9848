import { expect, test } from 'vitest'
import { duration, sinceTime } from './duration.ts'
import { columnsOf, cut, paintFor } from './paint.ts'
import { harmless, jsonText, plain } from './plain.ts'
import { table } from './table.ts'

test.each([
  [0, '0s'],
  [59_999, '59s'],
  [60_000, '1m'],
  [252_000, '4m12s'],
  [3_600_000, '1h'],
  [11_100_000, '3h5m'],
  [187_200_000, '2d4h'],
  // The clock of this machine may be behind that of the cluster.
  [-5000, '0s'],
])('%i ms are %s', (milliseconds, text) => expect(duration(milliseconds)).toBe(text))

test('a time that is missing or broken has no age', () => {
  expect([sinceTime(undefined, new Date()), sinceTime('soon', new Date())]).toEqual(['', ''])
})

test('colours take no columns, in tables and where a line is cut', () => {
  const red = paintFor(true, {})('red', 'häuser')
  expect(columnsOf(red)).toBe(6)
  expect(
    table([
      ['a', 'b'],
      [red, 'c'],
    ]),
  ).toEqual(['a       b', `${red}  c`])
  expect(cut(red, 6)).toBe(red)
  expect(columnsOf(cut(`${red} and more`, 8))).toBe(8)
  expect(cut('plain', 3)).toBe('pl…')
})

test('what the cluster says cannot control the terminal', () => {
  expect(plain('a\u001b]0;title\u0007b\r\nc\u202Ed')).toBe('a ]0;title b c d')
})

test('of control characters only the colours of this program, line ends and tabs are written', () => {
  const line = `${paintFor(true, {})('red', 'a')}\tb\nc`
  expect(harmless(line)).toBe(line)
  expect(harmless('\u001b[2J\u001b[8mx\u009b1m\r\u0007\u202E\u2028')).toBe('[2J[8mx1m')
})

test('JSON for programs has every character, and none that controls a terminal', () => {
  const value = { text: 'a\u001b\u009b\u007f\u202E\u2028\u{E0001}ü' }
  const text = jsonText(value)
  expect(JSON.parse(text)).toEqual(value)
  expect(text).toBe(harmless(text))
  expect(text).toContain('ü')
})
