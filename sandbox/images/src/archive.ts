import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import tar from 'tar-stream'
import type { Blob } from './blobs.ts'
import type { TarHeader } from './entries.ts'

/** The configuration of an image. */
export interface ImageConfig {
  /** UID:GID, numeric, because `runAsNonRoot` does not accept names: "10001:10001". */
  readonly user: string
  readonly entrypoint: readonly string[]
  readonly command?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly workingDir?: string
  /** Labels, such as `org.opencontainers.image.title`. */
  readonly labels?: Readonly<Record<string, string>>
  /** Time of creation, ISO 8601. The default does not depend on the time of the build. @default '1970-01-01T00:00:00Z' */
  readonly created?: string
}

/** The parts of an image: manifest and configuration (JSON), and the layers that they reference. */
export interface ImageContent {
  /** Full name: "registry.example.com/chat-app/chat-service:0.1.0". */
  readonly reference: string
  readonly manifest: string
  readonly configuration: string
  readonly layers: readonly Blob[]
}

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const CONFIGURATION = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar'
const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' }

/** Returns manifest and configuration according to the OCI image specification 1.0. The same input gives the same bytes. */
export function imageContent(reference: string, layers: readonly Blob[], config: ImageConfig): ImageContent {
  const configuration = JSON.stringify(imageConfiguration(layers, config))
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIGURATION, ...descriptor(configuration) },
    layers: layers.map(({ digest, size, uncompressed }) => ({
      mediaType: uncompressed === undefined ? LAYER : `${LAYER}+gzip`,
      digest,
      size,
    })),
  })
  return { reference, manifest, configuration, layers }
}

/**
 * Writes images as a tar of an OCI layout, each blob once. Each image has one entry in the index, with its full name:
 * containerd's CRI plugin finds an image only by that name, and not at all if there is a second, shorter name.
 */
export async function writeArchive(images: readonly ImageContent[], sink: Writable): Promise<void> {
  const pack = tar.pack()
  const written = pipeline(pack, sink)
  // Awaited at the end. Until then, a failure must not be an unhandled rejection.
  written.catch(() => {})
  try {
    addDocuments(pack, images)
    for (const { digest, size, file } of distinct(images.flatMap(({ layers }) => layers))) {
      await pipeline(createReadStream(file), pack.entry(header(blobPath(digest), size)))
    }
    pack.finalize()
  } catch (error) {
    pack.destroy(error as Error)
  }
  await written
}

/** Returns "sha256:" and 64 hexadecimal digits. */
export function digestOf(content: string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

function addDocuments(pack: tar.Pack, images: readonly ImageContent[]): void {
  const add = (name: string, text: string): unknown => pack.entry(header(name, Buffer.byteLength(text)), text)
  add('oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  add('index.json', JSON.stringify({ schemaVersion: 2, manifests: images.map(indexEntry) }))
  // `docker load` reads this file (Docker Image Specification 1.2), and only this file without the containerd image
  // store.
  add('manifest.json', JSON.stringify(images.map(dockerEntry)))
  const documents = images.flatMap(({ manifest, configuration }) => [manifest, configuration])
  for (const document of new Set(documents)) add(blobPath(digestOf(document)), document)
}

function indexEntry({ reference, manifest }: ImageContent): object {
  const annotations = { 'io.containerd.image.name': reference, 'org.opencontainers.image.ref.name': reference }
  return { mediaType: MANIFEST, ...descriptor(manifest), annotations }
}

function dockerEntry({ reference, configuration, layers }: ImageContent): object {
  const Layers = layers.map(({ digest }) => blobPath(digest))
  return { Config: blobPath(digestOf(configuration)), RepoTags: [reference], Layers }
}

function imageConfiguration(layers: readonly Blob[], config: ImageConfig): object {
  const { created = '1970-01-01T00:00:00Z' } = config
  return {
    created,
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: 'linux',
    config: {
      User: config.user,
      Env: Object.entries(config.env ?? {}).map(([name, value]) => `${name}=${value}`),
      Entrypoint: config.entrypoint,
      ...(config.command === undefined ? {} : { Cmd: config.command }),
      ...(config.workingDir === undefined ? {} : { WorkingDir: config.workingDir }),
      ...(config.labels === undefined ? {} : { Labels: config.labels }),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest, uncompressed = digest }) => uncompressed) },
    // Optional, but tools that extend an image expect one entry for each layer.
    history: layers.map(() => ({ created, created_by: 'chat-app' })),
  }
}

function distinct(blobs: readonly Blob[]): Iterable<Blob> {
  return new Map(blobs.map((blob) => [blob.digest, blob])).values()
}

function header(name: string, size: number): TarHeader {
  return { name, size, type: 'file', mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 }
}

function descriptor(content: string): { digest: string; size: number } {
  return { digest: digestOf(content), size: Buffer.byteLength(content) }
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}
