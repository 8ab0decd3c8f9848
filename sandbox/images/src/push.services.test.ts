import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { digestOf, imageContent, type ImageContent } from './archive.ts'
import { textFile } from './entries.ts'
import { layerBlob } from './layer.ts'
import { startRegistry, type RegistryServer } from '@chat-app/sandbox-servers'
import { push } from './push.ts'
import { parseRegistry, type Registry } from './registry.ts'

let work: string
let server: RegistryServer
let refusing: RegistryServer
let registry: Registry
const { signal } = new AbortController()

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'chat-app-push-'))
  ;[server, refusing] = await Promise.all([startRegistry(), startRegistry({ readOnly: true })])
  registry = parseRegistry(`${server.address}/team/chat`)
  vi.stubEnv('XDG_CACHE_HOME', join(work, 'cache'))
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await Promise.all([server.stop(), refusing.stop()])
  await rm(work, { recursive: true })
})

describe('a pushed image', () => {
  test('can be pulled: the manifest by its tag, the configuration and layers by their digests', async () => {
    const image = await anImage('one', ['a', 'b'])
    await push(registry, image, { signal })
    const manifest = await get('one/manifests/1.0.0', { accept: 'application/vnd.oci.image.manifest.v1+json' })
    expect(manifest.toString()).toBe(image.manifest)
    expect((await get(`one/blobs/${digestOf(image.configuration)}`)).toString()).toBe(image.configuration)
    for (const { digest, file } of image.layers) {
      expect(await get(`one/blobs/${digest}`)).toEqual(await buffer(createReadStream(file)))
    }
  })

  test('is sent once if it is pushed twice', async () => {
    const image = await anImage('twice', ['c'])
    await push(registry, image, { signal })
    const requests = await requestsOf(() => push(registry, image, { signal }))
    expect(requests).toEqual(['HEAD', 'HEAD', 'PUT'])
  })

  test('mounts layers of another repository instead of sending them', async () => {
    await push(registry, await anImage('base', ['shared', 'own']), { signal })
    const other = await anImage('upon', ['shared', 'other'])
    const requests = await requestsOf(() => push(registry, other, { mountFrom: 'base', signal }))
    // The shared layer is mounted (no PUT); the other one, the configuration and the manifest are sent.
    expect(requests).toEqual(['HEAD', 'POST', 'HEAD', 'POST', 'PUT', 'HEAD', 'POST', 'PUT', 'PUT'])
    for (const { digest, file } of other.layers) {
      expect(await get(`upon/blobs/${digest}`)).toEqual(await buffer(createReadStream(file)))
    }
  })
})

describe('a push that fails', () => {
  test('has the response of the registry in its error', async () => {
    const there = parseRegistry(`${refusing.address}/team/chat`)
    const image = { ...(await anImage('refused', ['d'])), reference: `${there.prefix}/refused:1.0.0` }
    await expect(push(there, image, { signal })).rejects.toThrow(
      `POST http://${refusing.address}/v2/team/chat/refused/blobs/uploads/: the registry answers 405`,
    )
    await refusing.stop()
    await expect(push(there, image, { signal })).rejects.toThrow(`${refusing.address}: connect ECONNREFUSED`)
  })

  test('because of an interrupt ends immediately', async () => {
    const interrupted = AbortSignal.abort(new Error('interrupted'))
    await expect(push(registry, await anImage('never', ['e']), { signal: interrupted })).rejects.toThrow('interrupted')
    expect((await fetch(`${registry.origin}/v2/team/chat/never/tags/list`)).status).toBe(404)
  })
})

/** Creates an image with a layer for each text. */
async function anImage(name: string, texts: readonly string[]): Promise<ImageContent> {
  const layers = texts.map((text) => layerBlob({ key: text, entries: async () => [textFile(text, text.repeat(9))] }))
  return imageContent(`${registry.prefix}/${name}:1.0.0`, await Promise.all(layers), { user: '1:1', entrypoint: ['x'] })
}

async function get(path: string, headers: Record<string, string> = {}): Promise<Buffer> {
  const answer = await fetch(`${registry.origin}/v2/${registry.path}/${path}`, { headers })
  expect(answer.status).toBe(200)
  return Buffer.from(await answer.arrayBuffer())
}

/** Returns the methods of the requests that the work sends. */
async function requestsOf(work: () => Promise<void>): Promise<string[]> {
  const spy = vi.spyOn(globalThis, 'fetch')
  try {
    await work()
    return spy.mock.calls.map(([, init]) => init?.method ?? 'GET')
  } finally {
    spy.mockRestore()
  }
}
