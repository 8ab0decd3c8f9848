import { environments } from '@chat-app/environments'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from './cli.ts'

const SOURCES = join(import.meta.dirname, '..', '..', '..', 'environments')
let checkout: string
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'chat-app-environments-'))
  cpSync(SOURCES, join(checkout, 'environments'), { recursive: true })
})
afterEach(() => rmSync(checkout, { recursive: true }))

const read = (name: string) => readFileSync(join(checkout, 'environments', `${name}.ts`), 'utf8')
const add = (...args: string[]) => run(['add', ...args], checkout)
/** What the index lists, by the words of the file. */
const listed = () =>
  (/= \[([^\]]*)\]/.exec(read('index'))?.[1] ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
/** The list with more behind one of its items. */
const behind = (list: readonly string[], item: string, ...more: string[]) =>
  list.toSpliced(list.indexOf(item) + 1, 0, ...more)

describe('an environment is added', () => {
  test('as a copy with a name, hosts and buckets of its own, behind the other one', () => {
    const before = listed()
    expect(add('fresh', '--like', 'test')).toContain('wrote environments/fresh.ts')
    for (const own of ["name: 'fresh'", "api: 'api.fresh.chat-app.com'", "files: 'chat-app-fresh-files'"])
      expect(read('fresh')).toContain(own)
    expect(read('index')).toContain("import { test } from './test.ts'\nimport { fresh } from './fresh.ts'\n")
    expect(listed()).toEqual(behind(before, 'test', 'fresh'))
  })

  test('with hosts below its name where those of the other one do not have a name', () => {
    add('fresh-eu', '--like', 'prod')
    for (const own of [
      'export const freshEu: Environment',
      "api: 'api.fresh-eu.chat-app.com'",
      "databaseHost: 'mysql.us-east.fresh-eu.chat-app.com'",
      "authenticationPath: 'kubernetes-fresh-eu'",
      "tier: 'production', environment: 'fresh-eu'",
      "issuerRef: { name: 'letsencrypt-prod' }",
    ])
      expect(read('fresh-eu')).toContain(own)
  })

  test('with a name as long as its buckets allow', () => {
    const name = 'q'.repeat(48)
    add(name, '--like', 'dev')
    expect(read(name)).toContain(`files: 'chat-app-${name}-files'`)
  })

  test('under another word where its name is a word of TypeScript or of the file', () => {
    const before = listed()
    add('new', '--like', 'dev')
    add('images', '--like', 'dev')
    expect(listed()).toEqual(behind(before, 'dev', 'imagesEnvironment', 'newEnvironment'))
  })

  test('says that MinIO has no future where the other one has a Tenant', () => {
    expect(add('fresh', '--like', 'test')).toContain('consider storage of kind "external"')
    expect(add('fresh-local', '--like', 'local')).not.toContain('MinIO')
  })
})

describe('an environment is not added', () => {
  test.each([
    [['fresh'], 'add needs --like'],
    [['--like', 'test'], 'add needs the name of the new environment'],
    [['fresh', '--like', 'tset'], '--like: unknown environment "tset": did you mean test?'],
    [
      ['test', '--like', 'dev'],
      `the name "test" is taken: there are ${environments.map(({ name }) => name).join(', ')}`,
    ],
    [['base', '--like', 'dev'], 'the name "base" is taken by environments/base.ts'],
    [['release', '--like', 'dev'], 'the name "release" is taken by the folder dist/release'],
    [['../fresh', '--like', 'dev'], 'the name "../fresh" must have at most 63 characters: lower-case letters'],
    [['FRESH', '--like', 'dev'], 'the name "FRESH" must have'],
    [['q'.repeat(64), '--like', 'dev'], 'must have at most 63 characters'],
    [
      ['q'.repeat(49), '--like', 'dev'],
      `storage.buckets.files: must have at most 63 characters (it is "chat-app-${'q'.repeat(49)}-files")`,
    ],
    [['fresh', 'qb', '--like', 'dev'], 'unexpected argument "qb"'],
  ])('by %j', (args, message) => {
    expect(() => add(...args)).toThrow(message)
    expect(read('index')).toBe(readFileSync(join(SOURCES, 'index.ts'), 'utf8'))
    expect(readdirSync(join(checkout, 'environments'))).toEqual(readdirSync(SOURCES))
  })

  test('when the file has no value that must differ, or the index no list', () => {
    writeFileSync(join(checkout, 'environments', 'test.ts'), read('test').replace("'chat-app-test-files'", 'files'))
    expect(() => add('fresh', '--like', 'test')).toThrow(
      "the file has no files: 'chat-app-test-files', which must differ",
    )
    writeFileSync(join(checkout, 'environments', 'index.ts'), 'export const environments = []\n')
    expect(() => add('fresh', '--like', 'dev')).toThrow("environments/index.ts must import dev from './dev.ts'")
  })
})

test('the list has each environment, with its deployments', () => {
  const lines = run(['list']).split('\n')
  expect(lines.map((line) => line.split(':')[0])).toEqual(environments.map(({ name }) => name))
  expect(lines).toContain('prod: deployed on tags, manual')
  expect(lines).toContain('local: deployed by hand')
})

test.each([
  [[], 'name a command: list or add'],
  [['ad'], 'unknown command "ad"'],
  [['list', 'x'], 'unexpected argument "x"'],
  [['list', '--like', 'dev'], '--like: only with add'],
])('%j is refused', (args, message) => {
  expect(() => run(args, checkout)).toThrow(message)
})
