import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runChecks } from '../check/checks.ts'
import { mergeMeasured } from './coverage.ts'
import { writeJunit } from './junit.ts'
import { exitCode, lastLine, total, type Outcome } from './outcome.ts'
import { chooseProjects } from './projects.ts'

const outcome = (change: Partial<Outcome>): Outcome => ({
  project: 'unit',
  passed: 0,
  failed: 0,
  skipped: 0,
  errors: 0,
  ...change,
})

describe('the result of a test run', () => {
  test('is the sum over all projects', () => {
    const outcomes = [
      outcome({ passed: 3, skipped: 1 }),
      outcome({ failed: 2 }),
      outcome({ skipped: 5, reason: 'no root' }),
    ]
    expect(lastLine(total(outcomes))).toBe('3 passed, 2 failed, 6 skipped')
  })

  test('is 0 only when a test passed, none failed and no error occurred', () => {
    expect(exitCode([outcome({ passed: 1 }), outcome({ skipped: 4 })])).toBe(0)
    expect(exitCode([outcome({ passed: 1 }), outcome({ failed: 1 })])).toBe(1)
    expect(exitCode([outcome({ passed: 1 }), outcome({ errors: 1 })])).toBe(1)
    expect(exitCode([outcome({ skipped: 9 })])).toBe(1)
    expect(exitCode([])).toBe(1)
  })
})

describe('the coverage of a run', () => {
  const here = (name: string) => ({ name, reason: undefined })

  test('is one report for the measured projects', () =>
    expect(mergeMeasured(['unit', 'services', 'api'].map(here)).map(({ name }) => name)).toEqual([
      'unit+services',
      'api',
    ]))

  test('is measured for one project when the other is not chosen or cannot run', () => {
    expect(mergeMeasured([here('unit'), here('api')])).toEqual([here('unit'), here('api')])
    const skipped = [here('unit'), { name: 'services', reason: 'no apt-get' }]
    expect(mergeMeasured(skipped)).toEqual(skipped)
  })
})

describe('the projects of a run', () => {
  const names = async (asked?: string | string[]): Promise<string[]> =>
    (await chooseProjects(asked)).map(({ name }) => name)

  test('are all by default, the fastest first', async () =>
    expect(await names()).toEqual(['unit', 'services', 'api', 'cluster']))

  test.each([
    ['api', ['api']],
    [
      ['unit', 'cluster'],
      ['unit', 'cluster'],
    ],
    ['!cluster', ['unit', 'services', 'api']],
    ['*s*', ['services', 'cluster']],
    [
      ['!unit', '!api'],
      ['services', 'cluster'],
    ],
  ])('%j are %j', async (asked, expected) => expect(await names(asked)).toEqual(expected))

  test('must exist: the error lists the valid names', async () => {
    await expect(names('e2e')).rejects.toThrow('unknown project "e2e"; there are unit, services, api, cluster')
    await expect(names('unt')).rejects.toThrow('did you mean unit?')
    await expect(names('!*')).rejects.toThrow('--project !*: excludes all projects')
  })

  test('include unit on every machine', async () =>
    expect(await chooseProjects('unit')).toEqual([{ name: 'unit', reason: undefined }]))
})

test('writeJunit merges the results of all projects, and removes their files', () => {
  const dist = mkdtempSync(join(tmpdir(), 'junit-'))
  const part = (name: string): string =>
    `<?xml version="1.0"?>\n<testsuites name="vitest" tests="1">\n<testsuite name="${name}"><testcase/></testsuite>\n</testsuites>`
  for (const name of ['unit', 'api']) writeFileSync(join(dist, `junit-${name}.xml`), part(name))
  writeJunit(['unit', 'api', 'cluster'], dist)
  expect(readdirSync(dist)).toEqual(['junit.xml'])
  const xml = readFileSync(join(dist, 'junit.xml'), 'utf8')
  expect(xml.match(/<testsuite name="\w+">/g)).toEqual(['<testsuite name="unit">', '<testsuite name="api">'])
  expect(xml.match(/<testsuites>/g)).toHaveLength(1)
  rmSync(dist, { recursive: true })
})

describe('runChecks', () => {
  const shell = (script: string): string[] => ['/bin/sh', '-c', script]
  const checked = async (...checks: Parameters<typeof runChecks>[0]) => {
    const lines: string[] = []
    return { code: await runChecks(checks, (line) => lines.push(line)), text: lines.join('\n') }
  }

  test('prints one line for a check that passes', async () => {
    const { code, text } = await checked(
      { name: 'one', command: shell('echo noise') },
      { name: 'two', command: shell('') },
    )
    expect(code).toBe(0)
    expect(text.split('\n').toSorted()).toEqual([
      expect.stringMatching(/^ok {3}one \(/),
      expect.stringMatching(/^ok {3}two \(/),
    ])
  })

  test('prints the output and the remedy of a check that fails', async () => {
    const command = shell('echo out; echo err >&2; exit 3')
    const { code, text } = await checked(
      { name: 'format', command, remedy: 'npx oxfmt' },
      { name: 'fine', command: shell('') },
    )
    expect(code).toBe(1)
    expect(text).toMatch(/^FAIL format \(/m)
    expect(text).toMatch(/\nout\nerr\nTo fix: npx oxfmt$/)
  })

  test('fails a check whose output matches failsOnOutput', async () => {
    const { code } = await checked({ name: 'gofmt', command: shell('echo main.go'), failsOnOutput: /\S/ })
    expect(code).toBe(1)
  })

  test('returns unknownExitCode when a check could not check, unless another failed', async () => {
    const audit = { name: 'audit', command: shell('echo no answer; exit 75'), unknownExitCode: 75 }
    const fine = { name: 'fine', command: shell('') }
    const { code, text } = await checked(audit, fine)
    expect(code).toBe(75)
    expect(text).toMatch(/^warn audit \([^]*\nno answer$/m)
    expect(await checked(audit, { name: 'bad', command: shell('exit 1') })).toMatchObject({ code: 1 })
    expect(await checked({ ...audit, command: shell('exit 1') })).toMatchObject({ code: 1 })
  })

  test('fails a check whose program does not exist', async () => {
    const { code, text } = await checked({ name: 'missing', command: ['no-such-program'] })
    expect(code).toBe(1)
    expect(text).toContain('no-such-program')
  })

  test('skips a check that cannot run on this machine, with the reason', async () => {
    const { code, text } = await checked({ name: 'Go vet', command: shell('exit 1'), skip: 'Go is not installed' })
    expect({ code, text }).toEqual({ code: 0, text: 'skip Go vet: Go is not installed' })
  })
})
