import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { locked } from '../lock.ts'
import { cacheDir } from '../cache.ts'
import type { Progress } from '../types.ts'
import { imageContent, type ImageContent } from './archive.ts'
import { debianLayer, nodeLayer } from './base.ts'
import { bundleLayer } from './bundle.ts'
import { imageDefinitions, type ImageDefinition } from './definitions.ts'
import { layerBlob, type Layer } from './layer.ts'
import { removeUnused } from './unused.ts'

/** An image, complete in the cache. */
export interface Image extends ImageContent {
  /** Short name: "chat-service". */
  readonly name: string
  readonly tag: string
}

export interface ImageOptions {
  /** What stands before `/chat-service:VERSION`; "registry.example.com/chat-app" by default. */
  readonly registry?: string
  /** Tag of our own images; the version of the root package by default. */
  readonly version?: string
  /** Short names; all by default. */
  readonly only?: readonly string[]
  readonly say?: Progress
}

export const DEFAULT_REGISTRY = 'registry.example.com/chat-app'
const CHECKOUT = join(import.meta.dirname, '../../..')

/**
 * Builds images from this checkout and from Debian's packages, without Docker and without a registry. Layers are stored by
 * content, so only what changed is made again; a second call takes the time of bundling.
 */
export async function buildImages(options: ImageOptions = {}): Promise<Image[]> {
  const version = options.version ?? (await checkoutVersion())
  const wanted = imageDefinitions.filter(({ name }) => options.only?.includes(name) ?? true)
  return locked(cacheDir('images', 'lock'), async () => {
    const images = await Promise.all(wanted.map((definition) => buildImage(definition, version, options)))
    await removeUnused()
    return images
  })
}

async function buildImage(definition: ImageDefinition, version: string, options: ImageOptions): Promise<Image> {
  const { name } = definition
  const reference = definition.reference ?? `${options.registry ?? DEFAULT_REGISTRY}/${name}:${version}`
  const layers = await imageLayers(definition, options.say ?? (() => {}))
  const blobs = await Promise.all(layers.map(layerBlob))
  const tag = reference.slice(reference.lastIndexOf(':') + 1)
  return { name, tag, ...imageContent(reference, blobs, definition.config) }
}

async function imageLayers(definition: ImageDefinition, say: Progress): Promise<Layer[]> {
  const { packages, users, node, program } = definition
  return [
    await debianLayer(packages, users, say),
    ...(node ? [nodeLayer()] : []),
    ...(program ? [await bundleLayer(CHECKOUT, program)] : []),
  ]
}

async function checkoutVersion(): Promise<string> {
  const text = await readFile(join(CHECKOUT, 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
