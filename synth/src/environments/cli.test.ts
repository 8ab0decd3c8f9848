import { environments } from '@chat-app/environments'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

describe('an environment is added', () => {
  test('as a copy with a name, hosts and buckets of its own, behind the other one', () => {
    expect(add('qa', '--like', 'test')).toContain('wrote environments/qa.ts')
    for (const own of ["name: 'qa'", "api: 'api.qa.chat-app.com'", "files: 'chat-app-qa-files'"])
      expect(read('qa')).toContain(own)
    expect(read('index')).toContain("import { test } from './test.ts'\nimport { qa } from './qa.ts'\n")
    expect(read('index')).toContain('= [local, dev, test, qa, staging, prod]')
  })

  test('with hosts below its name where those of the other one do not have a name', () => {
    add('qa-eu', '--like', 'prod')
    for (const own of [
      'export const qaEu: Environment',
      "api: 'api.qa-eu.chat-app.com'",
      "databaseHost: 'mysql.us-east.qa-eu.chat-app.com'",
      "authenticationPath: 'kubernetes-qa-eu'",
      "tier: 'production', environment: 'qa-eu'",
      "issuerRef: { name: 'letsencrypt-prod' }",
    ])
      expect(read('qa-eu')).toContain(own)
  })

  test('under another word where its name is a word of TypeScript or of the file', () => {
    add('new', '--like', 'dev')
    add('images', '--like', 'dev')
    expect(read('index')).toContain('dev, imagesEnvironment, newEnvironment, test')
  })

  test('says that MinIO has no future where the other one has a Tenant', () => {
    expect(add('qa', '--like', 'test')).toContain('consider storage of kind "external"')
    expect(add('small', '--like', 'local')).not.toContain('MinIO')
  })
})

describe('an environment is not added', () => {
  test.each([
    [['qa'], 'add needs --like'],
    [['--like', 'test'], 'add needs the name of the new environment'],
    [['qa', '--like', 'tset'], '--like: unknown environment "tset": did you mean test?'],
    [['test', '--like', 'dev'], 'the name "test" is taken: there are local, dev'],
    [['base', '--like', 'dev'], 'the name "base" is taken by environments/base.ts'],
    [['release', '--like', 'dev'], 'the name "release" is taken by the folder dist/release'],
    [['../qa', '--like', 'dev'], 'the name "../qa" must have at most 63 characters: lower-case letters'],
    [['QA', '--like', 'dev'], 'the name "QA" must have'],
    [['q'.repeat(64), '--like', 'dev'], 'must have at most 63 characters'],
    [['qa', 'qb', '--like', 'dev'], 'unexpected argument "qb"'],
  ])('by %j', (args, message) => {
    expect(() => add(...args)).toThrow(message)
    expect(read('index')).toBe(readFileSync(join(SOURCES, 'index.ts'), 'utf8'))
    expect(existsSync(join(checkout, 'environments', 'qa.ts'))).toBe(false)
  })

  test('when the file has no value that must differ, or the index no list', () => {
    writeFileSync(join(checkout, 'environments', 'test.ts'), read('test').replace("'chat-app-test-files'", 'files'))
    expect(() => add('qa', '--like', 'test')).toThrow("the file has no files: 'chat-app-test-files', which must differ")
    writeFileSync(join(checkout, 'environments', 'index.ts'), 'export const environments = []\n')
    expect(() => add('qa', '--like', 'dev')).toThrow("environments/index.ts must import dev from './dev.ts'")
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
