import { installManifest } from '@chat-app/charts'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { changelogEntry } from './changelog.ts'
import { writeChart } from './chart.ts'
import { writeChecksums } from './checksums.ts'
import { writeImageFiles } from './images.ts'
import { writeManifests } from './manifests.ts'
import type { Source } from './source.ts'
import type { ReleaseVersion } from './version.ts'

export interface ReleaseOptions extends ReleaseVersion {
  readonly checkout: string
  /** The release is written into a folder of this one, named by its version. */
  readonly out: string
  /** What stands before /operator in the names of the images. */
  readonly registry: string
  readonly source: Source
  readonly say: (text: string) => void
}

/**
 * Makes a release: everything that installs this version. Its folder appears when it is complete, in the place of an older one.
 *
 * @returns the folder
 */
export async function makeRelease(options: ReleaseOptions): Promise<string> {
  const { checkout, out, version, registry, isTagged, say } = options
  if (isTagged) changelogEntry(await readFile(join(checkout, 'CHANGELOG.md'), 'utf8'), version)
  await mkdir(out, { recursive: true })
  const folder = await mkdtemp(join(out, `.${version}-`))
  try {
    say('install.yaml, Helm chart, manifests')
    await writeFile(join(folder, 'install.yaml'), installManifest({ version, registry }))
    await writeChart(folder, checkout, { version, registry })
    await writeManifests(folder, { version, registry })
    await writeImageFiles({ ...options, folder })
    await writeChecksums(folder)
    return await moveInto(join(out, version), folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function moveInto(place: string, folder: string): Promise<string> {
  const old = `${folder}.old`
  const hadOne = await rename(place, old).then(
    () => true,
    () => false,
  )
  try {
    await rename(folder, place)
  } catch (error) {
    if (hadOne) await rename(old, place)
    throw error
  }
  await rm(old, { recursive: true, force: true })
  return place
}
