import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { changelogEntry } from './changelog.ts'
import { readSource } from './source.ts'
import { releaseVersion } from './version.ts'

const checkout = resolve(import.meta.dirname, '..', '..', '..')
const changelog = `# Changelog

## Unreleased

### Added

- What comes.

## [1.1.0] - 2026-02-03

- Linked.

## 1.0.0 - 2026-01-02

- The first.

## 0.9.0
`

describe('the entry of a version in the changelog', () => {
  test.each([
    ['1.0.0', '- The first.'],
    ['1.1.0', '- Linked.'],
    ['1.2.0-rc.1', '### Added\n\n- What comes.'],
  ])('%s', (version, entry) => expect(changelogEntry(changelog, version)).toBe(entry))

  test.each(['1.2.0', '1.0', '0.9.0'])('is missing for %s', (version) => {
    expect(() => changelogEntry(changelog, version)).toThrow(`CHANGELOG.md has no entry for ${version}: give`)
  })
})

test("this project's changelog has an entry for the tag of its commit", () => {
  const own = readFileSync(join(checkout, 'CHANGELOG.md'), 'utf8')
  const { tags, shortCommit } = readSource(checkout, process.env)
  const pipelineTag = process.env['CI_COMMIT_TAG']
  const sources = { commitTags: tags, packageVersion: '0.0.0', commit: shortCommit }
  // A commit without a tag is part of the next release.
  const { version } = releaseVersion({ ...sources, ...(pipelineTag && { pipelineTag }) })
  expect(changelogEntry(own, version)).not.toBe('')
})
