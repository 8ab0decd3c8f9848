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
  for (const tag of ['v1.2.3', 'v1.10.0', 'v1.10.0-rc.2', 'v1.10.0-rc.10', 'v1.9.0']) git('tag', tag)
  commit = git('rev-parse', 'HEAD').trim()
})
afterAll(() => rmSync(checkout, { recursive: true }))

describe('the source of a release', () => {
  test('is a commit with its tags', () => {
    const source = readSource(checkout, {})
    expect(source).toMatchObject({ commit, shortCommit: commit.slice(0, 8), isChanged: false })
    expect(source.tags.toSorted()).toEqual(['v1.10.0', 'v1.10.0-rc.10', 'v1.10.0-rc.2', 'v1.2.3', 'v1.9.0'])
  })

  test('has no tags in a pipeline, which may run for a branch at the commit of a release', () =>
    expect(readSource(checkout, { CI_COMMIT_SHA: commit }).tags).toEqual([]))

  test('says when files differ from the commit', () => {
    writeFileSync(join(checkout, 'file'), 'two')
    expect(readSource(checkout, {}).isChanged).toBe(true)
  })

  test('has the time of SOURCE_DATE_EPOCH, else of the commit', () => {
    const committed = readSource(checkout, {}).created
    expect(committed).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(readSource(checkout, { SOURCE_DATE_EPOCH: '' }).created).toBe(committed)
    expect(readSource(checkout, { SOURCE_DATE_EPOCH: '0' }).created).toBe('1970-01-01T00:00:00Z')
  })

  test.each(['today', '-1', '1.5', '99999999999999'])('is refused when SOURCE_DATE_EPOCH is %j', (text) => {
    expect(() => readSource(checkout, { SOURCE_DATE_EPOCH: text })).toThrow(
      `SOURCE_DATE_EPOCH "${text}": must be a number of seconds`,
    )
  })

  test('comes from the variables of the pipeline without git', () => {
    const env = { CI_COMMIT_SHA: commit, CI_COMMIT_TIMESTAMP: '2026-01-02T05:04:05+02:00' }
    expect(readSource('/nowhere', env)).toMatchObject({ commit, created: '2026-01-02T03:04:05Z', tags: [] })
  })

  test.each<[string, NodeJS.ProcessEnv, string]>([
    ['a commit', {}, 'neither git nor CI_COMMIT_SHA names the commit'],
    ['a commit', { CI_COMMIT_SHA: '' }, 'neither git nor CI_COMMIT_SHA names the commit'],
    ['a valid commit', { CI_COMMIT_SHA: 'main' }, 'CI_COMMIT_SHA "main": must be a commit'],
    ['a time', { CI_COMMIT_SHA: 'a'.repeat(40) }, 'CI_COMMIT_TIMESTAMP is missing: set SOURCE_DATE_EPOCH'],
    [
      'a valid time',
      { CI_COMMIT_SHA: 'a'.repeat(40), CI_COMMIT_TIMESTAMP: 'now' },
      '"now" is not a time: set SOURCE_DATE_EPOCH',
    ],
  ])('is refused without %s: %j', (_, env, message) => {
    expect(() => readSource('/nowhere', env)).toThrow(message)
  })
})
