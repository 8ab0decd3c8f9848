import { availableParallelism } from 'node:os'
import { afterEach, expect, test, vi } from 'vitest'
import { goEnvironment } from './go-settings.mjs'

afterEach(() => vi.unstubAllEnvs())

const GIB = 1024 ** 3

test('the compilers and the go command share the memory, and collect no garbage until their share is used', () => {
  const { GOGC, GOMEMLIMIT } = goEnvironment(100 * GIB * (availableParallelism() + 1))
  expect({ GOGC, GOMEMLIMIT }).toEqual({ GOGC: 'off', GOMEMLIMIT: String(100 * GIB) })
})

test('on a machine with little memory, the compilers collect garbage as usual', () => {
  const environment = goEnvironment(0.9 * GIB * (availableParallelism() + 1))
  expect(environment).not.toHaveProperty('GOGC')
  expect(environment).not.toHaveProperty('GOMEMLIMIT')
})

test("the user's GOGC takes precedence", () => {
  vi.stubEnv('GOGC', '50')
  expect(goEnvironment(1000 * GIB)['GOGC']).toBe('50')
})
