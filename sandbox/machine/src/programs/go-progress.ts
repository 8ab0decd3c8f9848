import { execFile, spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { Progress } from '../types.ts'
import { goEnvironment } from './go-settings.mjs'

const run = promisify(execFile)

const REPORT_INTERVAL_MS = 2000
const MAX_ERROR_LINES = 40
/** Share of the work that must be done before a remaining time is shown. Earlier estimates are too inaccurate. */
const MIN_ESTIMATE_SHARE = 0.03
const MAX_LIST_BYTES = 64 * 1024 * 1024

/** The fields of `GoModule` that a build needs. */
interface Build {
  readonly folder: string
  readonly title: string
  readonly package: string
}

/**
 * Runs `go build` in the module's folder and reports its progress every 2 seconds.
 *
 * @throws Error with the last lines of its output
 */
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
    if (last.length > MAX_ERROR_LINES) last.shift()
  }
  const child = spawn(go, args, { cwd: folder, env: goEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stderr, child.stdout]) createInterface(stream).on('line', note)
  // If `go list` fails, only the total is missing: `go build` reports the same error.
  void packagesOf(go, module).then(
    (packages) => progress.expect(packages),
    () => {},
  )
  const report = setInterval(() => onProgress(progress.describe()), REPORT_INTERVAL_MS)
  const ended = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `ended by ${signal ?? `code ${code}`}`))
  })
  clearInterval(report)
  if (ended !== '') throw new Error([`go build in ${folder}: ${ended}`, ...last].join('\n'))
}

interface GoPackage {
  /** Estimated time to compile the package, relative to the other packages. */
  readonly cost: number
  /** Import paths of the packages that it imports. */
  readonly imports: readonly string[]
}

/**
 * Returns the packages of the module's program, by import path. The cost is the square root of the size of the source:
 * for packages of 3 KB to 1 MB it was within 20 % of the measured CPU seconds.
 */
async function packagesOf(go: string, module: Build): Promise<ReadonlyMap<string, GoPackage>> {
  const format = '{{.ImportPath}}\t{{.Dir}}\t{{join .Imports " "}}\t{{join .GoFiles "/"}}'
  const options = { cwd: module.folder, env: goEnvironment(), maxBuffer: MAX_LIST_BYTES }
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

/** Progress of `go build -v`, which prints one line for each package that it compiles and each module that it downloads. */
export class BuildProgress {
  readonly #title: string
  readonly #now: () => number
  readonly #startedAtMs: number
  #firstCompiledAtMs = 0
  #downloaded = 0
  readonly #compiled: string[] = []
  #packages: ReadonlyMap<string, GoPackage> | undefined
  /** Compiled packages and the packages that they import, some of which came from Go's cache. */
  readonly #done = new Set<string>()

  /** @param now a monotonic clock, milliseconds */
  constructor(title: string, now = () => performance.now()) {
    this.#title = title
    this.#now = now
    this.#startedAtMs = now()
  }

  /** Sets the packages of the program, which give the total. */
  expect(packages: ReadonlyMap<string, GoPackage>): void {
    this.#packages = packages
    this.#compiled.forEach((path) => this.#markDone(path))
  }

  /** Counts a line of `go build -v`. Reports whether the line is progress. */
  note(line: string): boolean {
    if (line.startsWith('go: downloading ')) {
      this.#downloaded++
      return true
    }
    if (!/^[\w./~-]+$/.test(line)) return false
    if (this.#compiled.length === 0) this.#firstCompiledAtMs = this.#now()
    this.#compiled.push(line)
    this.#markDone(line)
    return true
  }

  /** Returns `building Kubernetes: 512 of 2843 packages, 1 min 4 s, about 5 min left`, without a total until it is known. */
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
    if (compiled === 0 && this.#downloaded > 0) return `${this.#downloaded} modules downloaded`
    if (this.#packages === undefined) return `${compiled} packages`
    const total = this.#packages.size
    // The program's own package is compiled last.
    return this.#done.size < total ? `${this.#done.size} of ${total} packages` : 'linking'
  }

  #remaining(): string[] {
    const packages = this.#packages
    if (packages === undefined) return []
    const cost = (paths: Iterable<string>) => sum(Array.from(paths, (path) => packages.get(path)?.cost ?? 0))
    const [compiled, total] = [cost(this.#compiled), cost(packages.keys())]
    const left = total - cost(this.#done)
    if (compiled < MIN_ESTIMATE_SHARE * total || left <= 0) return []
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
