import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { parseRegistry } from '@chat-app/sandbox/images'
import { buildArguments, login } from './push-images.ts'

test('an image of the Dockerfile gets every argument that the Dockerfile has', () => {
  const dockerfile = readFileSync(join(import.meta.dirname, '..', 'Dockerfile'), 'utf8')
  const known = [...dockerfile.matchAll(/^ARG (\w+)=/gm)].map(([, name]) => name)
  const release = { version: '1.2.3', commit: '0123456789abcdef', created: '2026-01-02T03:04:05Z' }
  const flags = buildArguments(release, { base: 'base@sha256:1', builder: 'node:24' })
  const given = flags.filter((flag) => flag !== '--build-arg')
  expect(new Set(given.map((text) => text.split('=')[0]))).toEqual(new Set(known))
  expect(given).toContain('CREATED=2026-01-02T03:04:05Z')
})

test("the Dockerfile's own builder is used where none is named", () => {
  const flags = buildArguments({ version: '1', commit: 'a', created: 'b' }, { base: 'c' })
  expect(flags.join(' ')).not.toContain('BUILD_IMAGE')
})

test('a program that is missing is named, with what helps', () => {
  vi.stubEnv('PATH', '/nowhere')
  onTestFinished(() => void vi.unstubAllEnvs())
  const registry = parseRegistry('registry.example.com/chat-app')
  const release = { version: '1.2.3', commit: '0123456789abcdef', created: '2026-01-02T03:04:05Z', tags: ['1.2.3'] }
  const target = { ...release, registry, work: '/nowhere', checkout: '/nowhere' }
  expect(() => login(target, 'user', 'password')).toThrow('skopeo is not in PATH: install it')
})
