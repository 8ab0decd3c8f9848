import { expect, test } from 'vitest'
import { Bus } from './bus.ts'

test('an invalid URL is refused, and the old one stays in use', () => {
  const bus = new Bus({ url: 'redis://127.0.0.1:1' })
  try {
    expect(() => bus.refresh('nonsense')).toThrow('must be one of')
    expect(() => bus.refresh()).not.toThrow()
  } finally {
    bus.close()
  }
})
