import { expect, test } from 'vitest'
import { compareReleases, isReleaseVersion } from './release-version.ts'

/** The order of the specification of semantic versions, 11.4, and releases around it. */
const ASCENDING = [
  '0.9.10',
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.beta',
  '1.0.0-beta',
  '1.0.0-beta.2',
  '1.0.0-beta.11',
  '1.0.0-rc.1',
  '1.0.0',
  'v1.0.1',
  '1.2.0',
  '1.10.0',
  '2.0.0-1',
  '2.0.0-1a',
]

test('releases compare by the precedence of semantic versions', () => {
  for (const [index, version] of ASCENDING.entries()) {
    for (const [other, that] of ASCENDING.entries()) {
      expect([version, that, Math.sign(compareReleases(version, that))]).toEqual([
        version,
        that,
        Math.sign(index - other),
      ])
    }
  }
  expect(compareReleases('v1.0.1', '1.0.1')).toBe(0)
})

test.for(['main', 'latest', '1.4', '1.4.2.1', '1.4.2-', '1.4.2+build', ''])('"%s" cannot be compared', (text) => {
  expect(isReleaseVersion(text)).toBe(false)
  expect(() => compareReleases(text, '1.0.0')).toThrow('is not a semantic version')
})
