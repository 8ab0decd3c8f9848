import { expect, test } from 'vitest'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Flushes, joiner, type Join } from './turn.ts'

const frames = (...texts: string[]) => texts.map((text) => Buffer.from(text))

test('those who receive the same frames share their bytes, and nobody gets those of another', () => {
  const join = joiner()
  const [a, b, c] = frames('a', 'b', 'c') as [Buffer, Buffer, Buffer]

  const shared = join([a, b])
  expect(shared.toString()).toBe('ab')
  expect(join([a, b])).toBe(shared)
  expect(join([a, c]).toString()).toBe('ac')
  expect(join([a, b, c]).toString()).toBe('abc')
  expect(join([b, a]).toString()).toBe('ba')
  // The same bytes of another event.
  expect(join([a, Buffer.from('b')])).not.toBe(shared)
  expect(join([a])).toBe(a)
})

test('what is written in one turn is flushed once, in the order in which it began', async () => {
  const flushes = new Flushes()
  const flushed: string[] = []
  const one = (name: string) => ({ flush: (join: Join) => void flushed.push(name + join(frames('x', 'y')).toString()) })

  flushes.add(one('first'))
  flushes.add(one('second'))
  expect(flushed).toEqual([])
  await nextTurn()
  expect(flushed).toEqual(['firstxy', 'secondxy'])

  flushes.add(one('later'))
  await nextTurn()
  expect(flushed).toEqual(['firstxy', 'secondxy', 'laterxy'])
})
