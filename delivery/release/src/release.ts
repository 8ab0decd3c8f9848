import type { Steps } from '@chat-app/cli'
import { installManifests } from '@chat-app/platform/install'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { changelogEntry } from './changelog.ts'
import { writeChart } from './chart.ts'
import { CHECKSUMS, writeChecksums } from './checksums.ts'
import { writeImageFiles } from './images.ts'
import type { Released } from './environments.ts'
import { writeManifests } from './manifests.ts'
import type { Source } from './source.ts'
import type { ReleaseVersion } from './version.ts'

/** What a release is made of, and where. */
export interface ReleaseOptions extends ReleaseVersion {
  readonly checkout: string
  /** The release is written into a folder of this one, named by its version. */
  readonly out: string
  /** What stands before /operator in the names of the images. */
  readonly registry: string
  readonly source: Source
  /** Is told of every step, and of what takes long in it. */
  readonly steps: Pick<Steps, 'next' | 'detail'>
}

/**
 * Makes a release: everything that installs this version. Its folder appears when it is complete, in the place of an
 * older one.
 *
 * @returns the folder
 * @throws Error when the changelog has no entry for a tagged version, when the folder is not that of a release, or when a part
 *   cannot be made
 */
export async function makeRelease(options: ReleaseOptions): Promise<string> {
  const { checkout, out, version, registry, isTagged, steps } = options
  if (isTagged) changelogEntry(await readFile(join(checkout, 'CHANGELOG.md'), 'utf8'), version)
  await assertReplaceable(join(out, version))
  await mkdir(out, { recursive: true })
  const folder = await mkdtemp(join(out, `.${version}-`))
  // A signal ends the process in the middle of the work.
  const undo = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  process.once('exit', undo)
  try {
    const parts: readonly Part[] = [
      ['install.yaml', () => writeInstall(folder, { version, registry })],
      ['Helm chart', () => writeChart(folder, checkout, { version, registry })],
      ['manifests', () => writeManifests(folder, { version, registry })],
      ['images', () => writeImageFiles({ ...options, folder, onProgress: steps.detail })],
      ['checksums', () => writeChecksums(folder)],
    ]
    for (const [title, write] of parts) {
      steps.next(title, parts.length)
      await write()
    }
    // mkdtemp makes a folder for its owner alone; everybody who may read the folder above it may read a release.
    await chmod(folder, 0o777 & ~process.umask())
    return moveInto(join(out, version), folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
    process.off('exit', undo)
  }
}

/** What is written into a release: its title, and what writes it. */
type Part = readonly [title: string, write: () => Promise<unknown>]

async function writeInstall(folder: string, released: Released): Promise<void> {
  for (const [name, text] of Object.entries(installManifests(released))) await writeFile(join(folder, name), text)
}

/** @throws Error when there is something that is no release */
async function assertReplaceable(place: string): Promise<void> {
  const found = await stat(place).catch(() => undefined)
  if (found === undefined) return
  const names = found.isDirectory() ? await readdir(place) : undefined
  if (names?.length === 0 || names?.includes(CHECKSUMS)) return
  throw new Error(
    `${place}: is in the place of the release, and is none (it has no ${CHECKSUMS}): remove it, or name another --out`,
  )
}

/** Without `await`, so that no signal is handled between the two renames. */
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
