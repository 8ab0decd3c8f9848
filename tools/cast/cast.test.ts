import { expect, test } from 'vitest'
import { screensOf } from './screens.ts'
import { svgOf } from './svg.ts'

const chunk = (atMs: number, text: string) => ({ atMs, text })
const texts = (rows: readonly (readonly { readonly text: string }[])[]) =>
  rows.map((row) => row.map(({ text }) => text).join('')).filter((text) => text !== '')

test('a screen has the content of the terminal, with its colours and overwritten lines', async () => {
  const screens = await screensOf([
    chunk(0, 'one\r\n'),
    chunk(1000, '\u001b[32mtwo\u001b[0m <b>'),
    chunk(2000, '\r\u001b[2Kthree'),
  ])
  expect(screens.map(({ rows }) => texts(rows))).toEqual([['one'], ['one', 'two <b>'], ['one', 'three']])
  expect(screens[1]?.rows[1]).toEqual([
    { text: 'two', colour: 2, isBold: false },
    { text: ' <b>', isBold: false },
  ])
})

test('changes within half a second become one screen, and the last screen is always there', async () => {
  const chunks = Array.from({ length: 11 }, (_, index) => chunk(index * 100, `\r${index}`))
  const screens = await screensOf(chunks)
  expect(screens.map(({ rows }) => texts(rows))).toEqual([['0'], ['4'], ['8'], ['10']])
})

test('the SVG defines each row once, and shows no screen for long', async () => {
  const screens = await screensOf([chunk(0, 'a & b\r\n'), chunk(60_000, 'second'), chunk(61_000, '\r\u001b[2Kthird')])
  const svg = svgOf(screens, 'a "title"')
  expect(svg.match(/a &amp; b/g)).toHaveLength(1)
  expect(svg.match(/href="#r0"/g)).toHaveLength(3)
  expect(svg).toContain('aria-label="a &quot;title&quot;"')
  const [totalMs] = /(\d+)ms step-end/.exec(svg)?.slice(1) ?? []
  expect(Number(totalMs)).toBeLessThan(10_000)
})
