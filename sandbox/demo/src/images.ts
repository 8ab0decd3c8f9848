import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { version } from '@chat-app/environments'
import { abortable, type Progress } from '@chat-app/sandbox-machine'
import { archiveFile, buildImages, type Image, push } from '@chat-app/sandbox-images'
import { dockerImages, hasDockerEngine, TARGETS } from './docker.ts'
import type { BuiltImage, ImageRoute } from './image-route.ts'

/** The images of this project that the demo needs. */
const IMAGE_NAMES = Object.values(TARGETS).flat()

/** Builds the images and delivers them to the cluster. Uses Docker if its engine runs, and sandbox-images otherwise. */
export async function deliverImages(route: ImageRoute, onProgress: Progress, signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'chat-app-images-'))
  try {
    const images = (await hasDockerEngine())
      ? await dockerImages({ prefix: route.prefix, version, folder, onProgress, signal })
      : await buildWithoutDocker(route.prefix, onProgress, signal)
    for (const image of images) {
      onProgress(`${image.name}: ${route.title}`)
      await route.deliver(image, signal)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function buildWithoutDocker(prefix: string, onProgress: Progress, signal: AbortSignal): Promise<BuiltImage[]> {
  onProgress('building the images')
  const images = await abortable(buildImages({ registry: prefix, version, only: IMAGE_NAMES, onProgress }), signal)
  return images.map((image, i) => builtImage(image, images[i - 1]?.name))
}

/** @param former short name of the image that is pushed before this one; the images share layers, which are mounted */
function builtImage(image: Image, former: string | undefined): BuiltImage {
  return {
    name: image.name,
    reference: image.reference,
    file: () => archiveFile(image),
    push: (registry, signal) => push(registry, image, { ...(former && { mountFrom: former }), signal }),
  }
}
