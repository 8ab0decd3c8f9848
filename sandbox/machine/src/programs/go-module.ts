import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, utimesSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { cacheDir } from '../system/cache.ts'
import type { Progress } from '../types.ts'
import { goCommand } from './go.ts'
import { runGoBuild } from './go-progress.ts'
import { COMPILE_FLAGS } from './go-settings.mjs'
import { locked } from '../system/lock.ts'

const MAX_UNUSED_DAYS = 14
const DAY_MS = 86_400_000

/** A Go module of this project, whose go.mod and go.sum pin all versions, and the program that it builds. */
export interface GoModule {
  /** Folder of its go.mod. The last path element is the name of the program and of its folder in the cache. */
  readonly folder: string
  /** Title in progress lines: `Kubernetes`. */
  readonly title: string
  /** Version of the program: `v1.34.4`. */
  readonly version: string
  /** The package to build; `.` is the package in the module's folder. */
  readonly package: string
  /** Values of Go variables that the linker sets (`-X`). */
  readonly variables: Readonly<Record<string, string>>
  /** Names of symbolic links to the program. @default [] */
  readonly links?: readonly string[]
  /** Remedies besides installing Go, for the error when Go is missing. */
  readonly remedies: readonly string[]
}

/** Returns the cache folder of the program; undefined if it is not built. */
export function cachedProgram(module: GoModule): string | undefined {
  const folder = cacheFolder(module)
  if (!existsSync(join(folder, basename(module.folder)))) return undefined
  const now = new Date()
  // Marks the program as used, for the clean-up.
  utimesSync(folder, now, now)
  return folder
}

/**
 * Builds the program into the cache, unless another process built it meanwhile. Returns the cache folder.
 *
 * @throws Error if Go is missing or too old, or with the end of the output of `go build`
 */
export async function buildProgram(
  module: GoModule,
  needed: readonly string[],
  { onProgress = () => {} }: { readonly onProgress?: Progress } = {},
): Promise<string> {
  const folder = cacheFolder(module)
  const go = assertCanBuild(module, needed)
  onProgress(`building ${module.title} ${module.version} (first run only; takes minutes)`)
  await locked(`${folder}.lock`, async () => {
    if (cachedProgram(module)) return
    await removeUnused(module)
    await build(module, go, folder, onProgress)
  })
  return folder
}

/** Returns the path of Go. @throws Error that names what is missing for a build, and the remedies */
export function assertCanBuild(module: GoModule, needed: readonly string[]): string {
  return goCommand(needed, goModLine(module.folder, /^go (\S+)/m), module.remedies)
}

/** Returns the first group of the pattern's match in the folder's go.mod. @throws Error if there is no match */
export function goModLine(folder: string, pattern: RegExp): string {
  const found = pattern.exec(readFileSync(join(folder, 'go.mod'), 'utf8'))?.[1]
  if (found === undefined) throw new Error(`${join(folder, 'go.mod')}: no line matches ${pattern}`)
  return found
}

/** The name is a hash of the sources and the processor, so a changed module or another kind of machine has its own folder. */
function cacheFolder({ folder }: GoModule): string {
  const hash = createHash('sha256').update(`${process.platform}/${process.arch}\n`)
  for (const name of sources(folder)) hash.update(`${name}\n`).update(readFileSync(join(folder, name)))
  return cacheDir(basename(folder), hash.digest('hex').slice(0, 16))
}

function sources(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name === 'go.mod' || name === 'go.sum' || (name.endsWith('.go') && !name.endsWith('_test.go')))
    .sort()
}

/** Builds into a temporary folder and renames it, so that other processes never see an incomplete program. */
async function build(module: GoModule, go: string, folder: string, onProgress: Progress): Promise<void> {
  const program = basename(module.folder)
  await mkdir(cacheDir(program), { recursive: true })
  const work = await mkdtemp(`${folder}.build-`)
  try {
    await chmod(work, 0o755)
    await runGoBuild(go, module, buildArgs(module, join(work, program)), onProgress)
    for (const name of module.links ?? []) await symlink(program, join(work, name))
    await rename(work, folder)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

function buildArgs(module: GoModule, output: string): string[] {
  const flags = Object.entries(module.variables).map(([name, value]) => `-X ${name}=${value}`)
  const ldflags = ['-s', '-w', ...flags].join(' ')
  return ['build', '-v', ...COMPILE_FLAGS, `-ldflags=${ldflags}`, `-o=${output}`, module.package]
}

/** Removes programs that no call used for two weeks, and temporary folders of interrupted builds. */
async function removeUnused({ folder }: GoModule): Promise<void> {
  const parent = cacheDir(basename(folder))
  for (const name of await readdir(parent)) {
    const path = join(parent, name)
    if (name.endsWith('.lock')) continue
    const days = name.includes('.build-') ? 1 : MAX_UNUSED_DAYS
    if ((await stat(path)).mtimeMs < Date.now() - days * DAY_MS) await rm(path, { recursive: true, force: true })
  }
}
