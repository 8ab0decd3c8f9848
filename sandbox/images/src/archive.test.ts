import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import tar from 'tar-stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { archiveFile } from './archive-file.ts'
import { imageContent, type ImageConfig, type ImageContent } from './archive.ts'
import { copiedFolder, textFile, type Entry } from './entries.ts'
import { compressedBlob, layerBlob } from './layer.ts'

const CONFIG: ImageConfig = { user: '10001:10001', entrypoint: ['node', '/app/main.js'], env: { A: 'b' } }
const NAME = 'registry.example.com/chat-app/chat-service:0.1.0'
let work: string

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'chat-app-images-'))
  vi.stubEnv('XDG_CACHE_HOME', join(work, 'cache'))
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(work, { recursive: true })
})

describe('an image', () => {
  it('has the same bytes if it is built again from files with other times and modes', async () => {
    const digests: string[] = []
    for (const [i, mode] of [0o600, 0o664].entries()) {
      vi.stubEnv('XDG_CACHE_HOME', join(work, `cache-${i}`))
      const folder = join(work, `folder-${i}`)
      await mkdir(join(folder, 'b'), { recursive: true })
      for (const name of i === 0 ? ['b/y', 'a'] : ['a', 'b/y']) await writeFile(join(folder, name), name)
      await chmod(join(folder, 'a'), mode)
      await utimes(join(folder, 'a'), i * 1000, i * 1000)
      digests.push(sha256(await readFile(await archiveFile(await image(await copiedFolder(folder, 'app'))))))
    }
    expect(digests[0]).toBe(digests[1])
  })

  it('has one entry in the index, with its full name', async () => {
    const files = await unpacked(createReadStream(await archiveFile(await image([textFile('a', 'x')]))))
    const index = json(files, 'index.json')
    expect(index.manifests).toHaveLength(1)
    expect(index.manifests[0].annotations['org.opencontainers.image.ref.name']).toBe(NAME)
  })

  it('can be loaded by Docker under its full name', async () => {
    const files = await unpacked(createReadStream(await archiveFile(await image([textFile('a', 'x')]))))
    const [entry] = json(files, 'manifest.json')
    expect(entry.RepoTags).toEqual([NAME])
    expect(json(files, entry.Config).rootfs.diff_ids).toEqual(
      entry.Layers.map((path: string) => `sha256:${sha256(files.get(path) ?? Buffer.alloc(0))}`),
    )
  })

  it('contains every blob that it references, with the given digest and size', async () => {
    const files = await unpacked(createReadStream(await archiveFile(await image([textFile('a', 'x')]))))
    const [entry] = json(files, 'index.json').manifests
    const manifest = json(files, blob(entry.digest))
    for (const { digest, size } of [entry, manifest.config, ...manifest.layers]) {
      const content = files.get(blob(digest))
      expect(content).toHaveLength(size)
      expect(`sha256:${sha256(content ?? Buffer.alloc(0))}`).toBe(digest)
    }
    const { config, rootfs } = json(files, blob(manifest.config.digest))
    expect(config).toMatchObject({ User: '10001:10001', Entrypoint: ['node', '/app/main.js'], Env: ['A=b'] })
    expect(rootfs.diff_ids).toEqual(manifest.layers.map((layer: { digest: string }) => layer.digest))
  })
})

describe('a released image', () => {
  it('has compressed layers, and the digests of the uncompressed layers in its configuration', async () => {
    const plain = await layer([textFile('a', 'x'.repeat(9999))])
    const compressed = await compressedBlob(plain)
    const { manifest, configuration } = imageContent(NAME, [compressed], CONFIG)
    const [described] = JSON.parse(manifest).layers
    expect(described.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+gzip')
    expect(described).toMatchObject({ digest: compressed.digest, size: (await readFile(compressed.file)).length })
    expect(gunzipSync(await readFile(compressed.file))).toEqual(await readFile(plain.file))
    expect(JSON.parse(configuration).rootfs.diff_ids).toEqual([plain.digest])
  })

  it('has labels and the time of its sources', async () => {
    const labels = { 'org.opencontainers.image.version': '1.2.3' }
    const { configuration } = imageContent(NAME, [], { ...CONFIG, labels, created: '2026-01-02T03:04:05Z' })
    expect(JSON.parse(configuration)).toMatchObject({ created: '2026-01-02T03:04:05Z', config: { Labels: labels } })
  })
})

describe('a layer', () => {
  it('is sorted, contains all parent folders, and belongs to root', async () => {
    const entries: Entry[] = [
      textFile('usr/bin/z', 'z', 0o755),
      { path: 'etc/link', type: 'symlink', target: '../usr/bin/z' },
      textFile('etc/a', 'a'),
    ]
    const headers = await headersOf((await layer(entries)).file)
    expect(headers.map(({ name }) => name)).toEqual(['etc', 'etc/a', 'etc/link', 'usr', 'usr/bin', 'usr/bin/z'])
    expect(headers.map(({ mode }) => mode)).toEqual([0o755, 0o644, 0o777, 0o755, 0o755, 0o755])
    for (const { uid, gid, mtime } of headers) expect([uid, gid, mtime?.getTime()]).toEqual([0, 0, 0])
  })

  it('contains the last of two entries with the same path', async () => {
    const { file } = await layer([textFile('a', 'first'), textFile('a', 'second')])
    expect([...(await unpacked(createReadStream(file)))]).toEqual([['a', Buffer.from('second')]])
  })

  it('is built once for a key', async () => {
    const entries = vi.fn<() => Promise<Entry[]>>(async () => [textFile('a', 'x')])
    const made = await Promise.all([layerBlob({ key: 'k', entries }), layerBlob({ key: 'k', entries })])
    expect(made[0]).toEqual(made[1])
    expect(await layerBlob({ key: 'k', entries })).toEqual(made[0])
    expect(entries).toHaveBeenCalledTimes(1)
  })

  it('is not in the cache if a file cannot be read', async () => {
    const broken: Entry = { path: 'a', type: 'file', mode: 0o644, content: { file: join(work, 'absent'), bytes: 3 } }
    await expect(layerBlob({ key: 'k', entries: async () => [broken] })).rejects.toThrow('ENOENT')
    expect(await layerBlob({ key: 'k', entries: async () => [textFile('a', 'x')] })).toMatchObject({ size: 2048 })
  })
})

async function image(entries: readonly Entry[]): Promise<ImageContent> {
  return imageContent(NAME, [await layer(entries)], CONFIG)
}

function layer(entries: readonly Entry[]) {
  return layerBlob({ key: JSON.stringify(entries.map(({ path }) => path)), entries: async () => entries })
}

async function unpacked(source: NodeJS.ReadableStream): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>()
  const extract = tar.extract()
  source.pipe(extract)
  for await (const entry of extract) files.set(entry.header.name, await buffer(entry))
  return files
}

async function headersOf(file: string) {
  const headers = []
  const extract = tar.extract()
  createReadStream(file).pipe(extract)
  for await (const entry of extract) {
    headers.push(entry.header)
    entry.resume()
  }
  return headers
}

// oxlint-disable-next-line typescript/no-explicit-any -- the tests check the shape of the documents
function json(files: ReadonlyMap<string, Buffer>, name: string): any {
  return JSON.parse(files.get(name)?.toString() ?? 'null')
}

function blob(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
