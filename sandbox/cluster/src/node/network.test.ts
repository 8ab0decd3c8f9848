import { describe, expect, it } from 'vitest'
import { MAX_SANDBOXES, network } from './network.ts'

const all = Array.from({ length: MAX_SANDBOXES }, (_, index) => network(index))

describe('addresses of a node sandbox', () => {
  it('start with the first index at 10.200.0.0', () => {
    expect(network(0)).toMatchObject({
      cidr: '10.200.0.0/21',
      hostAddress: '10.200.0.1',
      nodeAddress: '10.200.0.2',
      serviceCidr: '10.200.1.0/24',
      apiServiceAddress: '10.200.1.1',
      podCidr: '10.200.4.0/22',
    })
  })

  it('end with the last index inside 10.200.0.0/16', () => {
    expect(network(31)).toMatchObject({
      cidr: '10.200.248.0/21',
      serviceCidr: '10.200.249.0/24',
      podCidr: '10.200.252.0/22',
    })
  })

  it('are disjoint ranges inside the range of the sandbox', () => {
    for (const { cidr, serviceCidr, podCidr, hostAddress } of all) {
      const ranges = [`${hostAddress}/30`, serviceCidr, podCidr].map(bounds)
      const [first, last] = bounds(cidr)
      for (const [low, high] of ranges) expect(low >= first && high <= last).toBe(true)
      expect(ranges.every(([low], i) => ranges.every(([, high], j) => j >= i || low > high))).toBe(true)
    }
  })

  it('do not overlap with those of another sandbox', () => {
    const ranges = all.map(({ cidr }) => bounds(cidr)).toSorted(([a], [b]) => a - b)
    for (const [i, [low]] of ranges.entries()) expect(low).toBeGreaterThan(ranges[i - 1]?.[1] ?? -1)
  })

  it('have link names of at most 15 characters, the limit of the kernel', () => {
    for (const { hostLink, nodeLink } of all) {
      expect(Math.max(hostLink.length, nodeLink.length)).toBeLessThanOrEqual(15)
    }
  })

  it.each([-1, 32, 1.5, Number.NaN])('are refused for the index %d', (index) => {
    expect(() => network(index)).toThrow(`sandbox index ${index}: expected 0 to 31`)
  })
})

function bounds(cidr: string): readonly [number, number] {
  const [address = '', length = ''] = cidr.split('/')
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - Number(length))
  const first = Math.floor(value / size) * size
  return [first, first + size - 1]
}
