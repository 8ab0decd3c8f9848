import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import tar from 'tar-stream'
import { cacheDir } from '../cache.ts'
import type { Blob } from './blobs.ts'
import type { TarHeader } from './entries.ts'

/** What a container of the image runs by default. */
export interface ImageConfig {
  /** Numeric, so that `runAsNonRoot` can be checked: "10001:10001". */
  readonly user: string
  readonly entrypoint: readonly string[]
  readonly command?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly workingDir?: string
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' }

/**
 * An OCI image layout (image-spec 1.0) as a tar file in the cache, with the image's full name in the only entry of its index:
 * containerd's CRI finds an image by that name alone, and not at all when there are several. The same input gives the same bytes.
 */
export async function ociArchive(reference: string, layers: readonly Blob[], config: ImageConfig): Promise<string> {
  const configuration = json(imageConfiguration(layers, config))
  const manifest = json({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...descriptor(configuration) },
    layers: layers.map(({ digest, size }) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size })),
  })
  const index = json(imageIndex(reference, manifest))
  const path = cacheDir('images', 'archives', `${digestOf(index).replace(':', '-')}.tar`)
  if (await exists(path)) return path
  await writeArchive(path, index, [manifest, configuration], layers)
  return path
}

function imageConfiguration(layers: readonly Blob[], config: ImageConfig): object {
  return {
    created: '1970-01-01T00:00:00Z',
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: 'linux',
    config: {
      User: config.user,
      Env: Object.entries(config.env ?? {}).map(([name, value]) => `${name}=${value}`),
      Entrypoint: config.entrypoint,
      ...(config.command === undefined ? {} : { Cmd: config.command }),
      ...(config.workingDir === undefined ? {} : { WorkingDir: config.workingDir }),
    },
    // Layers are not compressed, so their digests are those of their content.
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
  }
}

function imageIndex(reference: string, manifest: Buffer): object {
  const annotations = { 'io.containerd.image.name': reference, 'org.opencontainers.image.ref.name': reference }
  return { schemaVersion: 2, manifests: [{ mediaType: MANIFEST, ...descriptor(manifest), annotations }] }
}

async function writeArchive(
  path: string,
  index: Buffer,
  documents: readonly Buffer[],
  layers: readonly Blob[],
): Promise<void> {
  const temporary = `${path}.${randomUUID()}`
  await mkdir(dirname(path), { recursive: true })
  const pack = tar.pack()
  const written = pipeline(pack, createWriteStream(temporary))
  const add = (name: string, content: Buffer): unknown => pack.entry(header(name, content.length), content)
  try {
    add('oci-layout', json({ imageLayoutVersion: '1.0.0' }))
    add('index.json', index)
    for (const document of documents) add(blobPath(digestOf(document)), document)
    for (const layer of new Map(layers.map((blob) => [blob.digest, blob])).values()) {
      await pipeline(createReadStream(layer.file), pack.entry(header(blobPath(layer.digest), layer.size)))
    }
    pack.finalize()
    await written
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}

function header(name: string, size: number): TarHeader {
  return { name, size, type: 'file', mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }
}

function descriptor(content: Buffer): { digest: string; size: number } {
  return { digest: digestOf(content), size: content.length }
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
