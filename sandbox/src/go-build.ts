import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, utimesSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDir } from './cache.ts'
import { goCommand } from './go.ts'
import { runGoBuild } from './go-progress.ts'
import { locked } from './lock.ts'
import { BINARIES, type Binary, type Progress } from './types.ts'

/** The Go module that links a whole cluster into one program. */
const MODULE = join(import.meta.dirname, '..', 'kubernetes')
const PROGRAM = 'kubernetes'
const UNUSED_DAYS = 14
const DAY_MS = 86_400_000

/** The folder of the cache with a link for each program, when it was built before. */
export function cachedKubernetes(): string | undefined {
  const folder = cacheFolder()
  if (!existsSync(join(folder, PROGRAM))) return undefined
  const now = new Date()
  // Tells the clean-up that it is in use.
  utimesSync(folder, now, now)
  return folder
}

/** Builds the program into the cache, unless another process just did; gives the folder. */
export async function buildKubernetes(
  needed: readonly Binary[],
  { onProgress = () => {} }: { readonly onProgress?: Progress } = {},
): Promise<string> {
  const folder = cacheFolder()
  const go = goCommand(needed, goDirective())
  onProgress(`building Kubernetes ${kubernetesVersion()} (once; minutes)`)
  await locked(`${folder}.lock`, async () => {
    if (cachedKubernetes()) return
    await removeUnused()
    await build(go, folder, onProgress)
  })
  return folder
}

/** Throws an error that says what is missing for a build and what helps. */
export function assertCanBuild(needed: readonly Binary[]): void {
  goCommand(needed, goDirective())
}

/** Such as `v1.34.4`: what go.mod says. */
export function kubernetesVersion(): string {
  return directive(/^\s*k8s\.io\/kubernetes (v\S+)/m)
}

function goDirective(): string {
  return directive(/^go (\S+)/m)
}

function directive(pattern: RegExp): string {
  const found = pattern.exec(readFileSync(join(MODULE, 'go.mod'), 'utf8'))?.[1]
  if (found === undefined) throw new Error(`${join(MODULE, 'go.mod')}: has no line like ${pattern}`)
  return found
}

/** Named by what the program is made of, so a changed module or another machine gets a folder of its own. */
function cacheFolder(): string {
  const hash = createHash('sha256').update(`${process.platform}/${process.arch}\n`)
  for (const name of sources()) hash.update(`${name}\n`).update(readFileSync(join(MODULE, name)))
  return cacheDir('kubernetes', hash.digest('hex').slice(0, 16))
}

function sources(): string[] {
  return readdirSync(MODULE)
    .filter((name) => name === 'go.mod' || name === 'go.sum' || (name.endsWith('.go') && !name.endsWith('_test.go')))
    .sort()
}

/** Built beside its place and renamed into it, so nobody ever sees half of it. */
async function build(go: string, folder: string, onProgress: Progress): Promise<void> {
  await mkdir(cacheDir('kubernetes'), { recursive: true })
  const work = await mkdtemp(`${folder}.build-`)
  try {
    await chmod(work, 0o755)
    await runGoBuild(go, MODULE, buildArgs(join(work, PROGRAM)), onProgress)
    for (const name of BINARIES) await symlink(PROGRAM, join(work, name))
    await rename(work, folder)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Without the version a server calls itself v0.0.0, which clients cannot parse. */
function buildArgs(output: string): string[] {
  const version = kubernetesVersion()
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(version) ?? []
  const base = 'k8s.io/component-base/version'
  const variables = {
    [`${base}.gitVersion`]: version,
    [`${base}.gitMajor`]: major,
    [`${base}.gitMinor`]: minor,
    [`${base}.gitTreeState`]: 'clean',
    'k8s.io/client-go/pkg/version.gitVersion': version,
  }
  const flags = Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`)
  // No VCS stamp: git refuses to read a checkout of another user's, and the result should depend on the sources alone.
  return ['build', '-v', '-trimpath', '-buildvcs=false', `-ldflags=-s -w ${flags.join(' ')}`, `-o=${output}`, '.']
}

/** Programs of versions that nobody asked for in two weeks, and what a build that was ended has left. */
async function removeUnused(): Promise<void> {
  const parent = cacheDir('kubernetes')
  for (const name of await readdir(parent)) {
    const path = join(parent, name)
    if (name.endsWith('.lock')) continue
    const days = name.includes('.build-') ? 1 : UNUSED_DAYS
    if ((await stat(path)).mtimeMs < Date.now() - days * DAY_MS) await rm(path, { recursive: true, force: true })
  }
}
