import { installManifest } from '@chat-app/platform/install'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { changelogEntry } from './changelog.ts'
import { writeChart } from './chart.ts'
import { CHECKSUMS, writeChecksums } from './checksums.ts'
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
  await assertReplaceable(join(out, version))
  await mkdir(out, { recursive: true })
  const folder = await mkdtemp(join(out, `.${version}-`))
  // An interruption ends the process in the middle of this.
  const undo = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  process.once('exit', undo)
  try {
    say('install.yaml, Helm chart, manifests')
    await writeFile(join(folder, 'install.yaml'), installManifest({ version, registry }))
    await writeChart(folder, checkout, { version, registry })
    await writeManifests(folder, { version, registry })
    await writeImageFiles({ ...options, folder })
    await writeChecksums(folder)
    // Made for its owner alone; a release is for everybody who may read the folder that it is in.
    await chmod(folder, 0o777 & ~process.umask())
    return moveInto(join(out, version), folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
    process.off('exit', undo)
  }
}

/** @throws Error when something stands there that is no release */
async function assertReplaceable(place: string): Promise<void> {
  const found = await stat(place).catch(() => undefined)
  if (found === undefined) return
  const names = found.isDirectory() ? await readdir(place) : undefined
  if (names?.length === 0 || names?.includes(CHECKSUMS)) return
  throw new Error(
    `${place}: stands where the release would, and is none (it has no ${CHECKSUMS}): remove it, or name another --out`,
  )
}

/** In one go, so that no interruption comes between the two names. */
function moveInto(place: string, folder: string): string {
  const old = `${folder}.old`
  const hadOne = existsSync(place)
  if (hadOne) renameSync(place, old)
  try {
    renameSync(folder, place)
  } catch (error) {
    if (hadOne) renameSync(old, place)
    throw error
  }
  rmSync(old, { recursive: true, force: true })
  return place
}
