import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSource } from './source.ts'

let checkout: string
let commit: string

beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), 'source-'))
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=@', ...args], { cwd: checkout, encoding: 'utf8' })
  git('init', '-q')
  writeFileSync(join(checkout, 'file'), 'one')
  git('add', '-A')
  git('commit', '-qm', 'one', '--date=2026-01-02T03:04:05Z')
  for (const tag of ['v1.2.3', 'v1.10.0', 'v1.9.0']) git('tag', tag)
  commit = git('rev-parse', 'HEAD').trim()
})
afterAll(() => rmSync(checkout, { recursive: true }))

describe('the source of a release', () => {
  test('is a commit with its tags, the highest version first', () => {
    const source = readSource(checkout, {})
    expect(source).toMatchObject({ commit, shortCommit: commit.slice(0, 8), isChanged: false })
    expect(source.tags).toEqual(['v1.10.0', 'v1.9.0', 'v1.2.3'])
  })

  test('has no tags in a pipeline, which may be that of a branch on the commit of a release', () =>
    expect(readSource(checkout, { CI_COMMIT_SHA: commit }).tags).toEqual([]))

  test('says when files differ from the commit', () => {
    writeFileSync(join(checkout, 'file'), 'two')
    expect(readSource(checkout, {}).isChanged).toBe(true)
  })

  test('is of the time that SOURCE_DATE_EPOCH names, which must be a number', () => {
    expect(readSource(checkout, { SOURCE_DATE_EPOCH: '0' }).created).toBe('1970-01-01T00:00:00Z')
    expect(() => readSource(checkout, { SOURCE_DATE_EPOCH: 'today' })).toThrow('"today": must be a number of seconds')
  })

  test('is refused where nobody says which commit it is', () => {
    expect(() => readSource('/nowhere', {})).toThrow('neither git nor CI_COMMIT_SHA says which commit this is')
    expect(readSource('/nowhere', { CI_COMMIT_SHA: 'abc' }).commit).toBe('abc')
  })
})
