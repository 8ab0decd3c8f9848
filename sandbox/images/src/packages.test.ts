import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bundledPackages, distinctPackages, licenceTexts } from './packages.ts'

let checkout: string

beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'chat-app-packages-'))
})
afterEach(() => rm(checkout, { recursive: true }))

test('the packages of a bundle are those whose code it contains, with their paths', async () => {
  await install('node_modules/a', { name: 'a', version: '1.0.0', license: 'MIT' })
  await install('node_modules/a/node_modules/@s/b', { name: '@s/b', version: '2.0.0', license: 'ISC' })
  await install('services/node_modules/c', { name: 'c', version: '3.0.0' })
  const found = bundled({
    'services/src/main.ts': 900,
    'node_modules/a/index.js': 10,
    'node_modules/a/other.js': 20,
    'node_modules/a/node_modules/@s/b/lib/x.js': 5,
    'services/node_modules/c/c.js': 1,
    'node_modules/unused/index.js': 0,
  })
  expect(found).toEqual([
    { name: 'a', version: '1.0.0', license: 'MIT', path: 'node_modules/a' },
    { name: '@s/b', version: '2.0.0', license: 'ISC', path: 'node_modules/a/node_modules/@s/b' },
    { name: 'c', version: '3.0.0', license: 'UNKNOWN', path: 'services/node_modules/c' },
  ])
})

test('licences and notices are complete and sorted, with each package once', async () => {
  await install('node_modules/b', { name: 'b', version: '1.0.0', license: 'Apache-2.0' }, ['LICENSE', 'NOTICE'])
  await install('node_modules/a', { name: 'a', version: '1.0.0', license: 'MIT' }, ['license.md'])
  await install('node_modules/x/node_modules/a', { name: 'a', version: '1.0.0', license: 'MIT' }, ['license.md'])
  const paths = ['node_modules/b', 'node_modules/x/node_modules/a', 'node_modules/a']
  const packages = bundled(Object.fromEntries(paths.map((path) => [`${path}/index.js`, 1])))
  expect(distinctPackages(packages).map(({ name }) => name)).toEqual(['a', 'b'])
  const text = licenceTexts(checkout, packages)
  expect(text.match(/text of \S+/g)).toEqual(['text of license.md', 'text of LICENSE', 'text of NOTICE'])
  expect(text).toContain('b 1.0.0 (Apache-2.0)\n')
})

test('a package without the text of its licence is listed with its author', async () => {
  await install('node_modules/a', { name: 'a', version: '1.0.0', license: 'MIT', author: { name: 'An Author' } })
  expect(licenceTexts(checkout, bundled({ 'node_modules/a/index.js': 1 }))).toMatch(
    /declares the licence MIT and does not contain its text\.\nAuthor: An Author/,
  )
})

/** Returns the packages of a bundle that contains the given bytes of each file. */
function bundled(bytes: Readonly<Record<string, number>>) {
  const inputs = Object.fromEntries(
    Object.entries(bytes).map(([path, bytesInOutput]) => [path, { bytesInOutput }] as const),
  )
  return bundledPackages(checkout, { 'main.js': { inputs, bytes: 0, imports: [], exports: [] } })
}

async function install(path: string, manifest: object, files: readonly string[] = []): Promise<void> {
  await mkdir(join(checkout, path), { recursive: true })
  await writeFile(join(checkout, path, 'package.json'), JSON.stringify(manifest))
  for (const name of files) await writeFile(join(checkout, path, name), `text of ${name}\n`)
}
