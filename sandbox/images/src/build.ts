import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { locked, cacheDir, type Progress, debianPackages, type DebianPackages } from '@chat-app/sandbox-machine'
import { imageContent, type ImageConfig, type ImageContent } from './archive.ts'
import { debianLayer, nodeBinary, nodeLayer } from './base.ts'
import { bundleLayer, type BundleDefinition, type BundleLayer } from './bundle.ts'
import { imageDefinitions, LABEL, type ImageDefinition } from './definitions.ts'
import { compressedBlob, layerBlob, type Layer } from './layer.ts'
import { distinctPackages, type BundledPackage } from './packages.ts'
import { pageLayer, type PageLayer } from './page.ts'
import { removeUnused } from './unused.ts'

/** A built image, whose layers are in the cache. */
export interface Image extends ImageContent {
  /** Short name: "chat-service". */
  readonly name: string
  readonly tag: string
  readonly contents: ImageContents
}

/** The third-party parts of an image. */
export interface ImageContents {
  readonly debian: DebianPackages
  /** npm packages. */
  readonly packages: readonly BundledPackage[]
  /** Version of Node.js; undefined if the image does not contain it. */
  readonly node?: string
}

export interface ImageOptions {
  /** The part of the reference before `/chat-service:VERSION`. @default 'registry.example.com/chat-app' */
  readonly registry?: string
  /** Tag of the images that a release ships. @default the version in the root package.json */
  readonly version?: string
  /** Metadata of a release. Only released images have it. */
  readonly release?: ImageRelease
  /** Short names. @default all images */
  readonly only?: readonly string[]
  readonly onProgress?: Progress
}

/** Metadata of a released image. The layers of a released image are compressed. */
export interface ImageRelease {
  /** Hash of the commit. */
  readonly revision: string
  /** Time of the commit, ISO 8601. */
  readonly created: string
}

export const DEFAULT_REGISTRY = 'registry.example.com/chat-app'
const CHECKOUT = join(import.meta.dirname, '..', '..', '..')

/**
 * Builds images from this checkout and Debian packages, without Docker and without a registry. The cache stores layers
 * by content, so only changed layers are built again, and a second call takes only the time to bundle the programs.
 */
export async function buildImages(options: ImageOptions = {}): Promise<Image[]> {
  const version = options.version ?? (await checkoutVersion())
  const wanted = imageDefinitions.filter(({ name }) => options.only?.includes(name) ?? true)
  return locked(cacheDir('images.lock'), async () => {
    const own = ownOnce()
    const images = await Promise.all(wanted.map((definition) => buildImage(definition, own, version, options)))
    await removeUnused()
    return images
  })
}

/** The layers of this project. */
interface OwnLayers {
  program(program: BundleDefinition): Promise<BundleLayer>
  page(): Promise<PageLayer>
}

/** Makes each program, and the page, once, because two images contain the same ones. */
function ownOnce(): OwnLayers {
  const layers = new Map<string, Promise<BundleLayer>>()
  let page: Promise<PageLayer> | undefined
  return {
    program: (program) => {
      const layer = layers.get(program.entry) ?? bundleLayer(CHECKOUT, program)
      layers.set(program.entry, layer)
      return layer
    },
    page: () => (page ??= pageLayer(CHECKOUT)),
  }
}

async function buildImage(
  definition: ImageDefinition,
  own: OwnLayers,
  version: string,
  options: ImageOptions,
): Promise<Image> {
  const { name } = definition
  const reference = definition.reference ?? `${options.registry ?? DEFAULT_REGISTRY}/${name}:${version}`
  const { layers, contents } = await imageLayers(definition, own, options.onProgress ?? (() => {}))
  const plain = await Promise.all(layers.map(layerBlob))
  const blobs = options.release ? await Promise.all(plain.map(compressedBlob)) : plain
  const tag = reference.slice(reference.lastIndexOf(':') + 1)
  const config = options.release ? released(definition.config, version, options.release) : definition.config
  return { name, tag, contents, ...imageContent(reference, blobs, config) }
}

function released(config: ImageConfig, version: string, { revision, created }: ImageRelease): ImageConfig {
  const labels = { ...config.labels, [`${LABEL}.version`]: version, [`${LABEL}.revision`]: revision }
  return { ...config, created, labels: { ...labels, [`${LABEL}.created`]: created } }
}

async function imageLayers(
  { packages, users, node, program, page: hasPage }: ImageDefinition,
  own: OwnLayers,
  onProgress: Progress,
): Promise<{ layers: Layer[]; contents: ImageContents }> {
  const debian = await debianPackages(packages, onProgress)
  // What changes most often is last.
  const layers = [hasPage ? await own.page() : [], program ? await own.program(program) : []].flat()
  return {
    layers: [debianLayer(debian, users), ...(node ? [nodeLayer()] : []), ...layers],
    contents: {
      debian,
      packages: distinctPackages(layers.flatMap((layer) => layer.packages)),
      ...(node && { node: nodeBinary().version }),
    },
  }
}

async function checkoutVersion(): Promise<string> {
  const text = await readFile(join(CHECKOUT, 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
