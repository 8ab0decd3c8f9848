import { execFile, spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { Progress } from '../types.ts'
import { goEnvironment } from './go-settings.mjs'

const run = promisify(execFile)

const REPORT_EVERY_MS = 2000
const KEPT_LINES = 40
/** Before this share of the work is done, a remaining time would be a guess. */
const ESTIMATED_FROM = 0.03
const LONGEST_LIST_BYTES = 64 * 1024 * 1024

/** The part of a Go module that a build is told. */
interface Build {
  readonly folder: string
  readonly title: string
  readonly package: string
}

/** Runs `go build` in the module's folder and reports how far it is; throws an error with the end of its output. */
export async function runGoBuild(
  go: string,
  module: Build,
  args: readonly string[],
  onProgress: Progress,
): Promise<void> {
  const { folder, title } = module
  const progress = new BuildProgress(title)
  const last: string[] = []
  const note = (line: string): void => {
    if (progress.note(line)) return
    last.push(line)
    if (last.length > KEPT_LINES) last.shift()
  }
  const child = spawn(go, args, { cwd: folder, env: goEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stderr, child.stdout]) createInterface(stream).on('line', note)
  // Without it the build explains what is wrong, and only the total is missing.
  void packagesOf(go, module).then(
    (packages) => progress.expect(packages),
    () => {},
  )
  const report = setInterval(() => onProgress(progress.describe()), REPORT_EVERY_MS)
  const ended = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `ended by ${signal ?? `code ${code}`}`))
  })
  clearInterval(report)
  if (ended !== '') throw new Error([`go build in ${folder}: ${ended}`, ...last].join('\n'))
}

interface GoPackage {
  /** Of compiling it, in a unit of its own. */
  readonly cost: number
  /** Paths of the packages that it is compiled after. */
  readonly imports: readonly string[]
}

/**
 * The packages that the module's program is made of, by their paths. The cost is the square root of the size of the source:
 * it came within a fifth of the measured CPU seconds for packages of 3 KB to 1 MB.
 */
async function packagesOf(go: string, module: Build): Promise<ReadonlyMap<string, GoPackage>> {
  const format = '{{.ImportPath}}\t{{.Dir}}\t{{join .Imports " "}}\t{{join .GoFiles "/"}}'
  const options = { cwd: module.folder, env: goEnvironment(), maxBuffer: LONGEST_LIST_BYTES }
  const { stdout } = await run(go, ['list', '-deps', '-f', format, module.package], options)
  const packages = stdout
    .split('\n')
    .filter(Boolean)
    .map(async (line) => {
      const [path = '', folder = '', imports = '', files = ''] = line.split('\t')
      const sizes = await Promise.all(files.split('/').map(async (file) => (await stat(join(folder, file))).size))
      return [path, { cost: Math.sqrt(sum(sizes)), imports: imports.split(' ') }] as const
    })
  return new Map(await Promise.all(packages))
}

/** How far a build is: `go build -v` prints one line for each package that it compiles, and for each module that it fetches. */
export class BuildProgress {
  readonly #title: string
  readonly #now: () => number
  readonly #startedAtMs: number
  #firstCompiledAtMs = 0
  #fetched = 0
  readonly #compiled: string[] = []
  #packages: ReadonlyMap<string, GoPackage> | undefined
  /** The compiled ones and all that they import, of which some were in Go's cache. */
  readonly #done = new Set<string>()

  /** @param now milliseconds of a clock */
  constructor(title: string, now = () => performance.now()) {
    this.#title = title
    this.#now = now
    this.#startedAtMs = now()
  }

  /** All packages of the program. */
  expect(packages: ReadonlyMap<string, GoPackage>): void {
    this.#packages = packages
    this.#compiled.forEach((path) => this.#markDone(path))
  }

  /** Whether the line of `go build -v` is one of progress. */
  note(line: string): boolean {
    if (line.startsWith('go: downloading ')) {
      this.#fetched++
      return true
    }
    if (!/^[\w./~-]+$/.test(line)) return false
    if (this.#compiled.length === 0) this.#firstCompiledAtMs = this.#now()
    this.#compiled.push(line)
    this.#markDone(line)
    return true
  }

  /** `building Kubernetes: 512 of 2843 packages, 1 min 4 s, about 5 min left`; without a total until it is known. */
  describe(): string {
    const parts = [this.#stage(), duration(this.#now() - this.#startedAtMs), ...this.#remaining()]
    return `building ${this.#title}: ${parts.join(', ')}`
  }

  #markDone(path: string): void {
    const found = this.#packages?.get(path)
    if (found === undefined || this.#done.has(path)) return
    this.#done.add(path)
    for (const imported of found.imports) this.#markDone(imported)
  }

  #stage(): string {
    const compiled = this.#compiled.length
    if (compiled === 0 && this.#fetched > 0) return `${this.#fetched} modules fetched`
    if (this.#packages === undefined) return `${compiled} packages`
    const total = this.#packages.size
    // The last one to be compiled is the program's own.
    return this.#done.size < total ? `${this.#done.size} of ${total} packages` : 'linking'
  }

  #remaining(): string[] {
    const packages = this.#packages
    if (packages === undefined) return []
    const cost = (paths: Iterable<string>) => sum(Array.from(paths, (path) => packages.get(path)?.cost ?? 0))
    const [compiled, total] = [cost(this.#compiled), cost(packages.keys())]
    const left = total - cost(this.#done)
    if (compiled < ESTIMATED_FROM * total || left <= 0) return []
    const spentMs = this.#now() - this.#firstCompiledAtMs
    return [`about ${duration((spentMs * left) / compiled)} left`]
  }
}

function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
