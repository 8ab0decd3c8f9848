import { expect, test } from 'vitest'
import { movableAt, surplusOf } from './rebalance.ts'

const MINUTE_MS = 60_000
const at = (minutes: number) => minutes * MINUTE_MS

test.each([
  ['alone', 500, [], 0],
  ['over the mean', 600, [0, 300], 300],
  ['under the mean', 300, [0, 600], 0],
  ['within 15 % of a large mean', 1070, [930, 1000], 0],
  ['a little more than 15 %', 1080, [920, 1000], 80],
  ['within three roots of a small mean', 22, [10, 16], 0],
  ['a little more than three roots', 23, [10, 15], 7],
  ['with empty processes only', 0, [0, 0], 0],
])('the surplus of a process that is %s', (_, own, others, surplus) => {
  expect(surplusOf(own, others)).toBe(surplus)
})

test('a connection is movable if it is older than the youngest process, once that one has run for half a minute', () => {
  const starts = [at(0), at(10), at(10.2)]
  const opened = [at(5), at(10.1), at(10.3)]

  expect(opened.map(movableAt(at(10.6), starts))).toEqual([false, false, false])
  expect(opened.map(movableAt(at(10.7), starts))).toEqual([true, true, false])
  expect(opened.map(movableAt(at(10.7), []))).toEqual([false, false, false])
})

test('a process that starts within half a minute of the first one takes connections too', () => {
  expect([at(0.1), at(0.3)].map(movableAt(at(1), [at(0), at(0.2)]))).toEqual([true, false])
})

test('a connection that follows two rounds of an hour is not movable, since both may have moved its client', () => {
  // The first processes took nobody from others; those of minute 20 are one scale-out. Each has a second round.
  const starts = [at(0), at(0.1), at(10), at(20), at(20.4), at(20.8), at(90)]
  const isMovable = movableAt(at(95), starts)

  expect([at(5), at(15), at(25), at(71)].map(isMovable)).toEqual([true, true, false, false])
  expect([at(81), at(89), at(91)].map(isMovable)).toEqual([true, true, false])
})

test('what came to a full process again is movable once more, ten minutes after the scale-out', () => {
  const starts = [at(0), at(10)]
  expect([at(12), at(21)].map(movableAt(at(19), starts))).toEqual([false, false])
  expect([at(12), at(21)].map(movableAt(at(25), starts))).toEqual([true, false])
})
