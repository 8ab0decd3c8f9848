import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { imageDefinitions } from '@chat-app/sandbox-images'
import { dockerImages, hasDockerEngine, TARGETS } from './docker.ts'
import { imageRoute } from './image-route.ts'

const checkout = resolve(import.meta.dirname, '..', '..', '..')
const { signal } = new AbortController()
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-app-docker-'))
  vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`)
  await docker('echo "$*" >> "${0%/*}/called"')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

test('TARGETS are targets of the Dockerfile, and build all images with a program of this project', async () => {
  const stages = [...(await readFile(join(checkout, 'Dockerfile'), 'utf8')).matchAll(/^FROM \S+ AS (\S+)$/gm)]
  expect(stages.map(([, name]) => name)).toEqual(expect.arrayContaining(Object.keys(TARGETS)))
  const expected = imageDefinitions.filter(({ program }) => program).map(({ name }) => name)
  expect(Object.values(TARGETS).flat().toSorted()).toEqual(expected.toSorted())
})

describe('with a Docker engine', () => {
  test('images are built with the Dockerfile, and loaded into kind as archives', async () => {
    const [first] = await build('registry.example.com/chat-app')
    await writeFile(join(folder, 'kind'), '#!/bin/sh\necho "kind $*" >> "${0%/*}/called"\n', { mode: 0o755 })
    if (first) await imageRoute('kind-x', undefined)?.deliver(first, signal)
    const at = 'registry.example.com/chat-app'
    expect(await called()).toEqual([
      `build --target service --tag ${at}/chat-service:1.2.3 --tag ${at}/websocket-service:1.2.3 ${checkout}`,
      `build --target operator --tag ${at}/operator:1.2.3 ${checkout}`,
      `build --target demo-users --tag ${at}/demo-users:1.2.3 ${checkout}`,
      `save --output ${folder}/chat-service.tar ${at}/chat-service:1.2.3`,
      `kind load image-archive ${folder}/chat-service.tar --name x`,
    ])
  })

  test('Docker pushes the images to a registry', async () => {
    const images = await build('host/team')
    const route = imageRoute('production', 'host/team')
    for (const image of images) await route?.deliver(image, signal)
    const names = ['chat-service', 'websocket-service', 'operator', 'demo-users']
    expect((await called()).slice(3)).toEqual(names.map((name) => `push host/team/${name}:1.2.3`))
  })

  test("the error of a failed build contains Docker's output", async () => {
    await docker('echo "no space left on device" >&2; exit 1')
    await expect(build('host/team')).rejects.toThrow('docker build: no space left on device')
  })
})

test('there is no Docker engine if only the client responds', async () => {
  expect(await hasDockerEngine()).toBe(true)
  await docker('exit 1')
  expect(await hasDockerEngine()).toBe(false)
})

function build(prefix: string) {
  return dockerImages({ prefix, version: '1.2.3', folder, onProgress: () => {}, signal })
}

async function docker(script: string): Promise<void> {
  await writeFile(join(folder, 'docker'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

async function called(): Promise<string[]> {
  return (await readFile(join(folder, 'called'), 'utf8')).trim().split('\n')
}
