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

const UNUSED_DAYS = 14
const DAY_MS = 86_400_000

/** A Go module of ours, whose go.mod and go.sum pin everything, and the one program that it makes. */
export interface GoModule {
  /** Folder of its go.mod; its last part names the program and its place in the cache. */
  readonly folder: string
  /** What a user reads while it is built: `Kubernetes`. */
  readonly title: string
  /** Its release: `v1.34.4`. */
  readonly version: string
  /** The package to build, `.` for the module's own. */
  readonly package: string
  /** Values of Go variables that the linker sets. */
  readonly variables: Readonly<Record<string, string>>
  /** Other names for the program, by which it is called too. */
  readonly links?: readonly string[]
  /** The end of an error when Go is missing: what else helps. */
  readonly remedies: readonly string[]
}

/** Folder of the cache with the program, when it was built before. */
export function cachedProgram(module: GoModule): string | undefined {
  const folder = cacheFolder(module)
  if (!existsSync(join(folder, basename(module.folder)))) return undefined
  const now = new Date()
  // Tells the clean-up that it is in use.
  utimesSync(folder, now, now)
  return folder
}

/** Builds the program into the cache, unless another process just did; gives the folder. */
export async function buildProgram(
  module: GoModule,
  needed: readonly string[],
  { onProgress = () => {} }: { readonly onProgress?: Progress } = {},
): Promise<string> {
  const folder = cacheFolder(module)
  const go = assertCanBuild(module, needed)
  onProgress(`building ${module.title} ${module.version} (once; minutes)`)
  await locked(`${folder}.lock`, async () => {
    if (cachedProgram(module)) return
    await removeUnused(module)
    await build(module, go, folder, onProgress)
  })
  return folder
}

/** Path of Go; throws an error that says what is missing for a build and what helps. */
export function assertCanBuild(module: GoModule, needed: readonly string[]): string {
  return goCommand(needed, goModLine(module.folder, /^go (\S+)/m), module.remedies)
}

/** What the first group of a pattern finds in a go.mod. */
export function goModLine(folder: string, pattern: RegExp): string {
  const found = pattern.exec(readFileSync(join(folder, 'go.mod'), 'utf8'))?.[1]
  if (found === undefined) throw new Error(`${join(folder, 'go.mod')}: has no line like ${pattern}`)
  return found
}

/** Named by what the program is made of, so a changed module or another machine gets a folder of its own. */
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

/** Built beside its place and renamed into it, so nobody ever sees half of it. */
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

/** Programs of versions that nobody asked for in two weeks, and what a build that was ended has left. */
async function removeUnused({ folder }: GoModule): Promise<void> {
  const parent = cacheDir(basename(folder))
  for (const name of await readdir(parent)) {
    const path = join(parent, name)
    if (name.endsWith('.lock')) continue
    const days = name.includes('.build-') ? 1 : UNUSED_DAYS
    if ((await stat(path)).mtimeMs < Date.now() - days * DAY_MS) await rm(path, { recursive: true, force: true })
  }
}
