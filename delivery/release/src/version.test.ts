import { describe, expect, test } from 'vitest'
import { isOlder, releaseVersion, type VersionSources } from './version.ts'

const development: VersionSources = { commitTags: [], packageVersion: '0.1.0', commit: '01234567' }

describe('the version of a release', () => {
  test.each<[string, Partial<VersionSources>, string, boolean]>([
    ["the pipeline's tag", { pipelineTag: 'v1.2.3', commitTags: ['v9.0.0'] }, '1.2.3', true],
    ['a tag without v', { pipelineTag: '1.2.3' }, '1.2.3', true],
    ['a tag that the option repeats', { pipelineTag: 'v1.2.3', option: '1.2.3' }, '1.2.3', true],
    ['the option', { option: '2.0.0-rc.1', commitTags: ['v1.0.0'] }, '2.0.0-rc.1', false],
    ['the highest tag of the commit', { commitTags: ['nightly', 'v1.2.0', 'v1.10.0-rc.1', 'v1.10.0'] }, '1.10.0', true],
    ['the highest release candidate', { commitTags: ['v1.0.0-rc.2', 'v1.0.0-rc.10', 'v0.9.9'] }, '1.0.0-rc.10', true],
    ['the one in development', {}, '0.1.0-dev.g01234567', false],
  ])('is %s', (_, sources, version, isTagged) => {
    expect(releaseVersion({ ...development, ...sources })).toEqual({ version, isTagged })
  })

  test.each(['1.2', 'v1.2.3.4', '01.2.3', '1.2.3-01', '1.2.3+build', 'latest', '', '1.2.3 ', '../1.2.3'])(
    'is refused when it is %j',
    (option) => {
      expect(() => releaseVersion({ ...development, option })).toThrow(
        `--version ${JSON.stringify(option)}: must be a semantic version such as 1.2.3`,
      )
    },
  )

  test('is refused when it is longer than a label can be', () => {
    const option = `1.2.3-${'a'.repeat(58)}`
    expect(() => releaseVersion({ ...development, option })).toThrow('has 64 characters, at most 63 are possible')
    expect(releaseVersion({ ...development, option: option.slice(0, -1) }).version).toHaveLength(63)
  })

  test("is refused when the pipeline's tag is not a version, whatever the other sources", () => {
    const sources = { ...development, pipelineTag: 'nightly', commitTags: ['v1.0.0'] }
    expect(() => releaseVersion(sources)).toThrow('CI_COMMIT_TAG "nightly": must be a semantic version')
  })

  test('is refused when the tag and the option differ', () => {
    expect(() => releaseVersion({ ...development, pipelineTag: 'v1.2.3', option: '1.2.4' })).toThrow(
      '--version "1.2.4" contradicts CI_COMMIT_TAG "v1.2.3"',
    )
  })
})

test.each([
  ['1.2.3', '1.2.4', true],
  ['1.2.3', '1.2.3', false],
  ['1.10.0', '1.9.0', false],
  ['1.2.3-rc.1', '1.2.3', true],
  ['1.2.3-dev.gaaaaaaaa', '1.2.3', false],
  ['1.2.3-dev.gaaaaaaaa', '1.2.3-dev.gbbbbbbbb', false],
  ['1.2.3', '1.2.4-dev.gaaaaaaaa', true],
  ['1.2.3-dev.gaaaaaaaa', '1.3.0', true],
])('%s beside %s: older is %s', (version, than, expected) => expect(isOlder(version, than)).toBe(expected))
