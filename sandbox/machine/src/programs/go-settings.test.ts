import { availableParallelism } from 'node:os'
import { afterEach, expect, test, vi } from 'vitest'
import { goEnvironment } from './go-settings.mjs'

afterEach(() => vi.unstubAllEnvs())

const GIB = 1024 ** 3

test('compilers and Go share the memory, and leave their garbage until their share is used', () => {
  const { GOGC, GOMEMLIMIT } = goEnvironment(100 * GIB * (availableParallelism() + 1))
  expect({ GOGC, GOMEMLIMIT }).toEqual({ GOGC: 'off', GOMEMLIMIT: String(100 * GIB) })
})

test('on a small machine they collect it as usual', () => {
  const environment = goEnvironment(0.9 * GIB * (availableParallelism() + 1))
  expect(environment).not.toHaveProperty('GOGC')
  expect(environment).not.toHaveProperty('GOMEMLIMIT')
})

test("the user's own setting of the collector comes first", () => {
  vi.stubEnv('GOGC', '50')
  expect(goEnvironment(1000 * GIB)['GOGC']).toBe('50')
})
