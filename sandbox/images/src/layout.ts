import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PushedImage } from './push.ts'

const NAME = 'org.opencontainers.image.ref.name'

interface Index {
  readonly manifests: readonly Descriptor[]
}

interface Manifest {
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

interface Descriptor {
  readonly digest: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
}

/** Returns the images of an OCI layout in a folder (an unpacked archive). Their references are the names in the index. */
export function layoutImages(folder: string): PushedImage[] {
  const { manifests } = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Index
  const file = (digest: string): string => join(folder, 'blobs', digest.replace(':', '/'))
  return manifests.map(({ digest, annotations }) => {
    const manifest = readFileSync(file(digest), 'utf8')
    const { config, layers } = JSON.parse(manifest) as Manifest
    return {
      reference: annotations?.[NAME] ?? '',
      manifest,
      configuration: readFileSync(file(config.digest), 'utf8'),
      layers: layers.map((layer) => ({ digest: layer.digest, size: layer.size, file: file(layer.digest) })),
    }
  })
}
