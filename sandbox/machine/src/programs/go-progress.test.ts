import { beforeEach, expect, test } from 'vitest'
import { BuildProgress } from './go-progress.ts'

const packages = new Map([
  ['errors', { cost: 10, imports: [] }],
  ['net/http', { cost: 30, imports: ['errors'] }],
  ['example.com/api', { cost: 40, imports: ['net/http'] }],
  ['example.com/program', { cost: 20, imports: ['example.com/api', 'errors'] }],
])

let nowMs = 0
beforeEach(() => {
  nowMs = 0
})
const progress = (): BuildProgress => new BuildProgress('it', () => nowMs)

test('the remaining time follows from the cost of the compiled packages, not from their number', () => {
  const build = progress()
  build.expect(packages)
  nowMs = 5000
  build.note('errors')
  nowMs = 15_000
  expect(build.describe()).toBe('building it: 1 of 4 packages, 15 s, about 1 min 30 s left')
  build.note('net/http')
  nowMs = 25_000
  expect(build.describe()).toBe('building it: 2 of 4 packages, 25 s, about 30 s left')
})

test("packages from Go's cache are counted, but do not shorten the estimated time", () => {
  const build = progress()
  build.expect(packages)
  build.note('example.com/api')
  nowMs = 10_000
  expect(build.describe()).toBe('building it: 3 of 4 packages, 10 s, about 5 s left')
})

test('the total can become known after the first packages', () => {
  const build = progress()
  build.note('errors')
  expect(build.describe()).toBe('building it: 1 packages, 0 s')
  build.note('net/http')
  build.expect(packages)
  expect(build.describe()).toBe('building it: 2 of 4 packages, 0 s, about 0 s left')
})

test('downloaded modules are counted until the first package is compiled; linking follows the last package', () => {
  const build = progress()
  build.expect(packages)
  build.note('go: downloading example.com/api v1.0.0')
  nowMs = 2000
  expect(build.describe()).toBe('building it: 1 modules downloaded, 2 s')
  build.note('example.com/program')
  expect(build.describe()).toBe('building it: linking, 2 s')
})

test('other lines are not progress, so that an error can contain them', () => {
  const build = progress()
  expect(build.note('main.go:7:2: undefined: nonsense')).toBe(false)
  expect(build.note('# example.com/program')).toBe(false)
  expect(build.note('example.com/program')).toBe(true)
})
