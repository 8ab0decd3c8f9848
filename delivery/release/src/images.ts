import { buildImages, digestOf, licenceTexts, writeArchive, type Image } from '@chat-app/sandbox-images'
import { createWriteStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { components, type Lock } from './sbom/components.ts'
import { distribution } from './sbom/debian.ts'
import { sbomDocument } from './sbom/document.ts'
import type { Source } from './source.ts'

/** Images of the same program, which share a list of contents. */
const groups = {
  'chat-app-services': ['chat-service', 'websocket-service'],
  'chat-app-operator': ['operator'],
} as const
const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' }

export interface ImageFilesOptions {
  readonly checkout: string
  readonly folder: string
  readonly version: string
  readonly registry: string
  readonly source: Source
  /** Is told what takes long. */
  readonly onProgress: (text: string) => void
}

/**
 * Builds the images and writes into `folder`: one OCI archive with all of them, tagged by version and by commit, a list
 * of contents for each, and the licences of what is in them.
 */
export async function writeImageFiles(options: ImageFilesOptions): Promise<void> {
  const { checkout, folder, version, registry, source, onProgress } = options
  const { commit, created } = source
  const only = Object.values(groups).flat()
  const images = await buildImages({ registry, version, only, onProgress, release: { revision: commit, created } })
  const platform = `linux-${architecture()}`
  const tagged = images.flatMap((image) => [image, { ...image, reference: byCommit(image, source) }])
  onProgress('archive')
  await writeArchive(tagged, createWriteStream(join(folder, `chat-app-images-${version}-${platform}.tar`)))
  onProgress('lists of contents')
  for (const [group, names] of Object.entries(groups)) {
    const members = images.filter(({ name }) => (names as readonly string[]).includes(name))
    await writeFile(join(folder, `${group}-${version}-${platform}.cdx.json`), await contentsOf(group, members, options))
  }
  const packages = images.flatMap(({ contents }) => contents.packages)
  await writeFile(join(folder, 'THIRD-PARTY-LICENSES.txt'), `${licenceTexts(checkout, packages)}${ABOUT_THE_REST}`)
}

const ABOUT_THE_REST = `
The images also hold Node.js and packages of Debian. Their licences are in the images: /usr/share/doc/nodejs/copyright and
/usr/share/doc/PACKAGE/copyright.
`

async function contentsOf(title: string, images: readonly Image[], options: ImageFilesOptions): Promise<string> {
  const { checkout, version, source } = options
  const [image, ...others] = images
  if (image === undefined) throw new Error(`${title}: no image was built`)
  const lock = JSON.parse(await readFile(join(checkout, 'package-lock.json'), 'utf8')) as { packages: Lock }
  const debian = distribution(image.contents.debian.root, await readFile('/etc/os-release', 'utf8'))
  const described = {
    title,
    repositories: [repository(image), ...others.map(repository)] as const,
    version,
    digest: digestOf(image.manifest),
    architecture: architecture(),
    created: source.created,
  }
  return sbomDocument(described, components(image.contents, lock.packages, debian))
}

function byCommit(image: Image, { shortCommit }: Source): string {
  return `${repository(image)}:${shortCommit}`
}

function repository({ reference, tag }: Image): string {
  return reference.slice(0, -tag.length - 1)
}

function architecture(): string {
  return ARCHITECTURES[process.arch] ?? process.arch
}
