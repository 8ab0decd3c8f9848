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

const UNUSED_MS = 90 * 86_400_000

/**
 * A folder with these Debian packages and all they depend on (their C library too), unpacked and not installed: no script of
 * a package runs, and nothing outside our cache changes. The first call downloads; later ones with the same packages only
 * look at the cache, also without a network.
 *
 * Throws where apt is missing, and where a package does not exist.
 */
export async function debianRoot(packages: readonly string[], say: Progress = () => {}): Promise<string> {
  return (await debianPackages(packages, say)).root
}

/** Debian packages and all they depend on. */
export interface DebianPackages {
  /** The folder that they are unpacked in. */
  readonly root: string
  /** Name, version and architecture of each: "redis-tools_5%3a7.0.15-1_amd64". */
  readonly archives: readonly string[]
}

/** As `debianRoot`, and says which packages they are. */
export async function debianPackages(packages: readonly string[], say: Progress = () => {}): Promise<DebianPackages> {
  const wanted = [...new Set(packages)].toSorted()
  const request = join(cacheDir('debian', 'requests'), `${digest([await release(), ...wanted])}.json`)
  const known = await remembered(request)
  if (known !== undefined) return known
  return locked(cacheDir('debian.lock'), async () => (await remembered(request)) ?? make(wanted, request, say))
}

async function make(wanted: readonly string[], request: string, say: Progress): Promise<DebianPackages> {
  assertDebian()
  const archives = await (await apt(cacheDir('debian', 'apt'))).download(wanted, say)
  const name = digest(archives.map((archive) => archive.id).toSorted())
  const root = cacheDir('debian', 'roots', name)
  if (!(await exists(root))) {
    say(`unpacking ${archives.length} Debian packages`)
    await unpack(
      archives.map((archive) => archive.file),
      root,
    )
  }
  await removeUnused()
  const ids = archives.map((archive) => archive.id)
  await remember(request, { packages: wanted, root: name, archives: ids })
  return { root, archives: ids }
}

async function remembered(request: string): Promise<DebianPackages | undefined> {
  const text = await readFile(request, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const { root: name, archives } = JSON.parse(text) as DebianPackages
  const root = cacheDir('debian', 'roots', name)
  // Tells the clean-up that it is in use; fails where it is gone.
  return utimes(root, new Date(), new Date()).then(
    () => ({ root, archives }),
    () => undefined,
  )
}

/** Versions that nobody has asked for in three months, longer than any sandbox runs. */
async function removeUnused(): Promise<void> {
  for (const folder of [cacheDir('debian', 'roots'), cacheDir('debian', 'apt', 'archives')]) {
    for (const name of await readdir(folder)) {
      const path = join(folder, name)
      // Not mtime: apt gives a file the time of the archive's.
      if ((await stat(path)).ctimeMs < Date.now() - UNUSED_MS) await rm(path, { recursive: true, force: true })
    }
  }
}

async function remember(request: string, content: object): Promise<void> {
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
