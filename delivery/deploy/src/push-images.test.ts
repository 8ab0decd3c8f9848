import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { imageContent, parseRegistry, writeArchive } from '@chat-app/sandbox-images'
import { version as packageVersion } from '@chat-app/environments'
import { buildahLogin, buildArguments, pushReleased } from './push-images.ts'
import { pushOptionsOf } from './push-options.ts'
import { packagedVersion } from './version.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'chat-app-push-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

test('an image of the Dockerfile gets every argument that the Dockerfile has', () => {
  const dockerfile = readFileSync(join(import.meta.dirname, '..', '..', '..', 'Dockerfile'), 'utf8')
  const known = [...dockerfile.matchAll(/^ARG (\w+)=/gm)].map(([, name]) => name)
  const release = { version: '1.2.3', commit: '0123456789abcdef', created: '2026-01-02T03:04:05Z' }
  const flags = buildArguments(release, { base: 'base@sha256:1', builder: 'node:24' })
  const given = flags.filter((flag) => flag !== '--build-arg')
  expect(new Set(given.map((text) => text.split('=')[0]))).toEqual(new Set(known))
  expect(given).toContain('CREATED=2026-01-02T03:04:05Z')
})

test("without BUILD_IMAGE the Dockerfile's own builder is used", () => {
  const flags = buildArguments({ version: '1', commit: 'a', created: 'b' }, { base: 'c' })
  expect(flags.join(' ')).not.toContain('BUILD_IMAGE')
})

test('a missing program is named, with how to install it', () => {
  vi.stubEnv('PATH', '/nowhere')
  onTestFinished(() => void vi.unstubAllEnvs())
  const registry = parseRegistry('registry.example.com/chat-app')
  const release = { version: '1.2.3', commit: '0123456789abcdef', created: '2026-01-02T03:04:05Z', tags: ['1.2.3'] }
  const login = { user: 'user', password: 'password' }
  const target = { ...release, registry, login, work: '/nowhere', checkout: '/nowhere' }
  expect(() => buildahLogin(target)).toThrow('buildah is not in PATH: install it')
})

test('the images are those of the release that `npm run package` makes of the same commit, outside a pipeline too', () => {
  const checkout = temporaryFolder()
  const git = (...args: string[]): string => {
    const author = ['-c', 'user.name=test', '-c', 'user.email=test@example.com']
    return execFileSync('git', [...author, ...args], { cwd: checkout, encoding: 'utf8' }).trim()
  }
  git('init', '-q')
  git('commit', '-qm', 'a commit', '--allow-empty')
  const commit = git('rev-parse', '--short=8', 'HEAD')
  expect(packagedVersion(undefined, checkout, {})).toBe(`${packageVersion}-dev.g${commit}`)
  expect(packagedVersion('1.2.3', checkout, {})).toBe('1.2.3')
  git('tag', 'v2.0.0')
  expect(packagedVersion(undefined, checkout, {})).toBe('2.0.0')
  expect(() => packagedVersion('1.2.3', checkout, { CI_COMMIT_TAG: 'v2.0.0' })).toThrow('contradicts CI_COMMIT_TAG')
})

test('paths are relative to the checkout, whatever the working directory', () => {
  const args = ['--registry', 'localhost:5000/chat', '--version', 'v1.2.3', '--release', 'dist/r', '--out', '']
  expect(pushOptionsOf(args, '/checkout')).toEqual({
    registry: parseRegistry('localhost:5000/chat'),
    version: '1.2.3',
    release: '/checkout/dist/r',
    out: '/checkout/dist/images.txt',
  })
})

test.each([
  [[], '--registry is missing: where to?'],
  [['--registry', 'A b'], '--registry "A b": expected HOST[:PORT]/PATH in lower case'],
  [['--registry', 'a/b', '--version', 'latest'], '--version "latest": must be a semantic version'],
  [['--registry', 'a/b', '--registry', 'c/d'], '--registry is given twice: leave one out'],
  [['--regsitry', 'a/b'], '--regsitry: unknown option; did you mean --registry?'],
  [['--push'], '--push: unknown option'],
])('%j are refused, with the usage', (args, message) => {
  expect(() => pushOptionsOf(args, '/checkout')).toThrow(message)
  expect(() => pushOptionsOf(args, '/checkout')).toThrow('usage: npm run push-images -- --registry HOST/PATH')
})

test('the error about a missing release names the command that makes it', () => {
  const args = ['--registry', 'localhost:5000/chat', '--version', '99.99.99', '--release', temporaryFolder()]
  const env = { ...process.env, BASE_IMAGE: '', CI_COMMIT_TAG: '' }
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'images.ts'), ...args], { env })
  expect(String(stderr)).toMatch(
    /^push-images: .+ has no chat-app-images-\*\.tar: run npm run package -- --version 99\.99\.99 --registry localhost:5000\/chat first/,
  )
  expect(status).toBe(1)
})

test('the error about another registry names the images that the release has', async () => {
  const [work, release] = [temporaryFolder(), temporaryFolder()]
  const archive = join(release, 'chat-app-images-1.2.3-linux-test.tar')
  const image = imageContent('registry.example.com/chat-app/operator:1.2.3', [], { user: '1:1', entrypoint: ['x'] })
  await writeArchive([image], createWriteStream(archive))
  const registry = parseRegistry('localhost:5000/chat')
  const target = { registry, version: '1.2.3', commit: 'a', created: 'b', tags: ['1.2.3'], work, checkout: '/nowhere' }
  await expect(pushReleased(target, archive)).rejects.toThrow(
    /has images such as registry\.example\.com\/chat-app\/operator:1\.2\.3, and not localhost:5000\/chat\/chat-service:1\.2\.3, .*: give this command the --registry/,
  )
})

test('a registry that asks for an account, where none is given, is an error that says how to give one', async () => {
  const server = createServer((_, response) => response.writeHead(401).end('who are you?')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const registry = parseRegistry(`${address}/chat`)
  const images = ['chat-service', 'websocket-service', 'operator'].map((name) =>
    imageContent(`${registry.prefix}/${name}:1.2.3`, [], { user: '1:1', entrypoint: ['x'] }),
  )
  const [work, release] = [temporaryFolder(), temporaryFolder()]
  await writeArchive(images, createWriteStream(join(release, 'images.tar')))
  const target = { registry, version: '1.2.3', commit: 'a', created: 'b', tags: ['1.2.3'], work, checkout: '/nowhere' }
  await expect(pushReleased(target, join(release, 'images.tar'))).rejects.toThrow(
    /\/v2\/chat\/chat-service\/blobs\/uploads\/: the registry answers 401 who are you\?\nNo account is given: set REGISTRY_USER and REGISTRY_PASSWORD\.$/,
  )
})
