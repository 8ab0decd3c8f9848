import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { apt } from './apt.ts'
import { assertDebian, release } from './machine.ts'
import { unpack } from './unpack.ts'
import { cacheDir } from '../system/cache.ts'
import { locked } from '../system/lock.ts'
import type { Progress } from '../types.ts'

export { inRoot } from './loader.ts'

const MAX_UNUSED_MS = 90 * 86_400_000

/**
 * Returns a folder with the Debian packages and their dependencies (including the C library). The packages are
 * unpacked, not installed: no script of a package runs, and nothing outside the cache changes. The first call downloads
 * the packages. Later calls with the same packages use the cache and need no network.
 *
 * @throws Error if apt is missing or a package does not exist
 */
export async function debianRoot(packages: readonly string[], onProgress: Progress = () => {}): Promise<string> {
  return (await debianPackages(packages, onProgress)).root
}

/** Debian packages and their dependencies. */
export interface DebianPackages {
  /** Folder that the packages are unpacked in. */
  readonly root: string
  /** Name, version and architecture of each: "redis-tools_5%3a7.0.15-1_amd64". */
  readonly archives: readonly string[]
}

/** Does what `debianRoot` does, and also returns the names of the packages. */
export async function debianPackages(
  packages: readonly string[],
  onProgress: Progress = () => {},
): Promise<DebianPackages> {
  const wanted = [...new Set(packages)].toSorted()
  const request = join(cacheDir('debian', 'requests'), `${digest([await release(), ...wanted])}.json`)
  const known = await readRequest(request)
  if (known !== undefined) return known
  return locked(cacheDir('debian.lock'), async () => (await readRequest(request)) ?? make(wanted, request, onProgress))
}

async function make(wanted: readonly string[], request: string, onProgress: Progress): Promise<DebianPackages> {
  assertDebian()
  const archives = await (await apt(cacheDir('debian', 'apt'))).download(wanted, onProgress)
  const name = digest(archives.map((archive) => archive.id).toSorted())
  const root = cacheDir('debian', 'roots', name)
  if (!(await exists(root))) {
    const files = archives.map((archive) => archive.file)
    await unpack(files, root, (done) => onProgress(`unpacking Debian packages: ${done} of ${files.length}`))
  }
  await removeUnused()
  const ids = archives.map((archive) => archive.id)
  await writeRequest(request, { packages: wanted, root: name, archives: ids })
  return { root, archives: ids }
}

async function readRequest(request: string): Promise<DebianPackages | undefined> {
  const text = await readFile(request, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const { root: name, archives } = JSON.parse(text) as DebianPackages
  const root = cacheDir('debian', 'roots', name)
  // Marks the root as used, for the clean-up. Fails if the root was removed.
  return utimes(root, new Date(), new Date()).then(
    () => ({ root, archives }),
    () => undefined,
  )
}

/** Removes what no call used for three months, which is longer than any sandbox runs. */
async function removeUnused(): Promise<void> {
  for (const folder of [cacheDir('debian', 'roots'), cacheDir('debian', 'apt', 'archives')]) {
    for (const name of await readdir(folder)) {
      const path = join(folder, name)
      // Not mtime: apt sets it to the time of the file in the Debian archive.
      if ((await stat(path)).ctimeMs < Date.now() - MAX_UNUSED_MS) await rm(path, { recursive: true, force: true })
    }
  }
}

async function writeRequest(request: string, content: object): Promise<void> {
  await mkdir(cacheDir('debian', 'requests'), { recursive: true })
  const temporary = `${request}.${process.pid}`
  await writeFile(temporary, `${JSON.stringify(content, null, 2)}\n`)
  await rename(temporary, request)
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 20)
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
