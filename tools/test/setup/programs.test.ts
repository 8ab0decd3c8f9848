import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { NEEDED } from './programs.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..', '..')
const exclude = ['**/node_modules/**', 'sandbox/machine/src/{debian,programs}/**']
const files = globSync('{charts,delivery,operator,sandbox,services,synth,test,tools}/**/*.ts', {
  cwd: CHECKOUT,
  exclude,
})
const sources = files.map((file) => readFileSync(join(CHECKOUT, file), 'utf8'))
const named = (pattern: RegExp): string[] => [
  ...new Set(sources.flatMap((text) => [...text.matchAll(pattern)].map(([, name = '']) => name))),
]

test('NEEDED has every tool that the sources name', () => {
  const tools = named(/\btool\('([\w-]+)'/g)
  expect(tools).toContain('helm')
  const prepared = Object.values(NEEDED).flatMap((programs) => programs.tools ?? [])
  expect(prepared).toEqual(expect.arrayContaining(tools))
})

test('NEEDED has every set of Debian packages that the sources name', () => {
  const sets = named(/\bdebianRoot\(\[([^\]]+)\]/g).map((text) => text.replaceAll(/['\s]/g, ''))
  expect(sets).toContain('rsync')
  const prepared = Object.values(NEEDED).flatMap((programs) => programs.packages ?? [])
  expect(prepared.map((names) => names.join(','))).toEqual(expect.arrayContaining(sets))
})
