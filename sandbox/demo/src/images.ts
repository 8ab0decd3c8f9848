import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { version } from '@chat-app/environments'
import { abortable } from '@chat-app/sandbox-machine'
import { archiveFile, buildImages, type Image, push } from '@chat-app/sandbox-images'
import { dockerImages, hasDockerEngine, TARGETS } from './docker.ts'
import type { BuiltImage, ImageRoute } from './image-route.ts'

type Say = (text: string) => void

/** The images that the demo needs and that no public registry has. */
const IMAGE_NAMES = Object.values(TARGETS).flat()

/** Builds our images and brings them where the cluster's nodes find them: by Docker where its engine runs, else by our own writer. */
export async function bringImages(route: ImageRoute, onProgress: Say, signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'chat-app-images-'))
  try {
    const images = (await hasDockerEngine())
      ? await dockerImages({ prefix: route.prefix, version, folder, onProgress, signal })
      : await ownImages(route.prefix, onProgress, signal)
    for (const image of images) {
      onProgress(`${image.name}: ${route.title}`)
      await route.bring(image, signal)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function ownImages(prefix: string, onProgress: Say, signal: AbortSignal): Promise<BuiltImage[]> {
  onProgress('building the images')
  const images = await abortable(buildImages({ registry: prefix, version, only: IMAGE_NAMES, onProgress }), signal)
  return images.map((image, i) => ownImage(image, images[i - 1]?.name))
}

/** They stand upon the same layers, so what one has brought is there for the next. */
function ownImage(image: Image, former: string | undefined): BuiltImage {
  return {
    name: image.name,
    reference: image.reference,
    file: () => archiveFile(image),
    push: (registry, signal) => push(registry, image, { ...(former && { mountFrom: former }), signal }),
  }
}
