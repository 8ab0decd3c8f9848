import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importFault } from './import-fault.ts'
import { WORKSPACES } from './workspaces.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..')
const names = Object.keys(WORKSPACES)

interface Manifest {
  readonly workspaces?: readonly string[]
  readonly name: string
  readonly sideEffects?: boolean
  readonly exports?: unknown
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}
const manifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(CHECKOUT, folder, 'package.json'), 'utf8')) as Manifest
const ownPackages = (dependencies: Manifest['dependencies'] = {}): string[] =>
  Object.keys(dependencies)
    .filter((name) => name.startsWith('@chat-app/'))
    .map((name) => name.slice('@chat-app/'.length))
    .toSorted()

describe('the table of workspaces', () => {
  test('has the workspaces of package.json, and no others', () => {
    const folders = Object.values(WORKSPACES).map(({ folder }) => folder)
    expect(folders.toSorted()).toEqual(manifest('.').workspaces?.toSorted())
  })

  test.each(names)('lets %s import only workspaces that precede it in the table', (name) => {
    const { imports, tests = [] } = WORKSPACES[name]!
    const before = new Set(names.slice(0, names.indexOf(name)))
    expect([...imports, ...tests].filter((other) => !before.has(other))).toEqual([])
  })

  test.each(names)('agrees with the package.json of %s', (name) => {
    const { folder, imports, tests = [] } = WORKSPACES[name]!
    const declared = manifest(folder)
    expect(declared).toMatchObject({ name: `@chat-app/${name}`, sideEffects: false, exports: expect.any(Object) })
    expect(ownPackages(declared.dependencies)).toEqual(imports.toSorted())
    expect(ownPackages(declared.devDependencies)).toEqual(tests.toSorted())
  })

  // The rule does not check a file that is in no layer.
  const layered = Object.values(WORKSPACES).flatMap(({ folder, layers }) => (layers ? [{ folder, ...layers }] : []))
  test.each(layered)('has a layer for every file of $folder/$root', ({ folder, root, order }) => {
    const entries = readdirSync(join(CHECKOUT, folder, root)).filter((entry) => !/\.test\.ts$|^testing$/.test(entry))
    expect(entries.filter((entry) => !order.includes(entry))).toEqual([])
  })
})

describe('an import', () => {
  const workspaces = {
    low: { folder: 'low', holds: '', imports: [] },
    high: {
      folder: 'parts/high',
      holds: '',
      imports: ['low'],
      tests: ['other'],
      layers: { root: 'src', order: ['base', 'base/top', 'main.ts'] },
    },
    other: { folder: 'other', holds: '', imports: [] },
  }
  const fault = (file: string, specifier: string) => importFault(file, specifier, workspaces)

  test.each([
    ['parts/high/src/a.ts', '@chat-app/low'],
    ['parts/high/src/a.ts', '@chat-app/low/sub'],
    ['parts/high/src/a.test.ts', '@chat-app/other'],
    ['parts/high/src/testing/a.ts', '@chat-app/other'],
    ['parts/high/src/main.ts', './base/b.ts'],
    ['parts/high/src/base/top/a.ts', '../b.ts'],
    ['parts/high/src/base/a.test.ts', '../main.ts'],
    ['low/a.ts', '../package.json'],
    ['low/a.ts', 'zod'],
    ['low/a.ts', 'node:fs'],
    ['vitest.config.ts', './low/a.ts'],
  ])('in %s of %s is allowed', (file, specifier) => expect(fault(file, specifier)).toBeUndefined())

  test.each([
    ['low/a.ts', '@chat-app/high', '@chat-app/low may import no workspace, not @chat-app/high'],
    ['parts/high/src/a.ts', '@chat-app/other', '@chat-app/high may import @chat-app/low, not @chat-app/other'],
    ['parts/high/src/a.ts', '@chat-app/high', 'this file is in @chat-app/high itself: import by a relative path'],
    ['parts/high/src/a.ts', '../../../low/a.ts', 'low/a.ts is outside parts/high'],
    ['low/a.ts', '../lower/a.ts', 'lower/a.ts is outside low'],
    ['parts/high/src/base/a.ts', '../main.ts', 'base may not import main.ts, a higher layer'],
    ['parts/high/src/base/a.ts', './top/b.ts', 'base may not import base/top, a higher layer'],
  ])('in %s of %s is refused', (file, specifier, message) => expect(fault(file, specifier)).toContain(message))
})
