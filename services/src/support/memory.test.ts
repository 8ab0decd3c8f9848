import { expect, test } from 'vitest'
import { memoryLimitBytes, memoryShares } from './memory.ts'

const MIB = 1024 * 1024

test('the shares follow the limit of the container', () => {
  expect(memoryShares(memoryLimitBytes(512 * MIB))).toEqual({
    ringsBytes: 32 * MIB,
    followsBytes: 32 * MIB,
    buffersBytes: 64 * MIB,
    queuedBytes: 64 * MIB,
    connections: 5461,
  })
})

test.for([
  ['there is none', 0],
  ['it is the greatest number of the kernel', 2 ** 64],
])('a limit counts as 1 GiB if %s', ([, bytes]) => {
  expect(memoryLimitBytes(bytes as number)).toBe(1024 * MIB)
})
