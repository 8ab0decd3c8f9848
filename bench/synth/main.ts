import { showSteps, type Steps } from '@chat-app/cli'
import { clustersOf, manifests } from '@chat-app/platform'
import { synth as synthesize } from '@chat-app/synth'
import { environments } from '@chat-app/environments'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { cdk8sCommand } from './cdk8s.ts'
import { median, timed, type Command, type Contestant } from './contestants.ts'
import { helmCommands } from './helm.ts'
import { kustomizeCommands } from './kustomize.ts'
import { table, type Measured } from './table.ts'

const root = join(import.meta.dirname, '..', '..')
/** As tools/setup.mjs starts it. */
const main = ['--import', join(root, 'tools/setup/compile-cache.mjs'), join(root, 'synth/src/main.ts')]

/** Measured runs of each program, without `--runs`. */
export const DEFAULT_RUNS = 7
/** The highest `--runs`. */
export const MAX_RUNS = 999
/** Runs in one process before the measured ones, for V8 to compile what runs often. */
const WARM_UP_RUNS = 10
/** A run in one process takes so little time that more of them are measured. */
const WARM_RUNS_FACTOR = 3

/**
 * How long all environments take, warm in one process and as a process, beside Helm, the cdk8s CLI with ts-node and
 * Kustomize. The programs run in turns, so that other work of the machine slows all of them.
 *
 * @param runs of each program
 */
export async function synth(runs: number): Promise<void> {
  const steps = showSteps()
  const folder = mkdtempSync(join(tmpdir(), 'bench-synth-'))
  try {
    const clusters = environments.flatMap(clustersOf)
    const contestants: Contestant[] = [
      { name: 'npm run synth', commands: [{ argv: [process.execPath, ...main, '--out', join(folder, 'dist')] }] },
      { name: 'helm template', commands: await helmCommands(clusters, join(folder, 'helm')) },
      { name: 'cdk8s CLI and ts-node', commands: [cdk8sCommand(folder)] },
      { name: 'kustomize build', commands: await kustomizeCommands(clusters, join(folder, 'kustomize')) },
    ]
    // Each Node keeps what it compiles, and nothing is there at first.
    const times = await interleaved(contestants, runs, steps, { NODE_COMPILE_CACHE: join(folder, 'compiled') })
    const total = totalSteps(contestants, runs)
    steps.next('warm, in one process', total)
    const warm = warmTimes(() => synthesize(environments, join(folder, 'warm')), runs)
    const files = filesBelow(join(folder, 'warm'))
    steps.next('writing the files alone', total)
    const writing = warmTimes(() => rewrite(files, join(folder, 'copy')), runs)
    const objects = clusters.flatMap(manifests).reduce((sum, file) => sum + file.objects.length, 0)
    steps.print(
      `${environments.length} environments, ${clusters.length} clusters, ${objects} objects; medians of ${runs} runs`,
    )
    const alone = { name: `warm: writing ${files.size} such files alone`, ms: median(writing) }
    steps.print(table([{ name: 'warm, in one process', ms: median(warm) }, alone, ...times]))
  } finally {
    steps.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Each turn of each program, and the two measurements in one process. */
function totalSteps(contestants: readonly Contestant[], runs: number): number {
  return contestants.length * (runs + 1) + 2
}

async function interleaved(
  contestants: readonly Contestant[],
  runs: number,
  steps: Steps,
  env: Command['env'],
): Promise<Measured[]> {
  const times = contestants.map(() => [] as number[])
  // The first turn fills the caches of the disk and of Node's compiler: it has a column of its own.
  for (let turn = 0; turn <= runs; turn++)
    for (const [index, contestant] of contestants.entries()) {
      steps.next(contestant.name, totalSteps(contestants, runs))
      times[index]?.push(await timed(contestant, env))
    }
  return contestants.map(({ name }, index) => {
    const [first, ...later] = times[index] ?? []
    return { name, first, ms: median(later) }
  })
}

/** Milliseconds of each measured run. */
function warmTimes(work: () => unknown, runs: number): number[] {
  const times = Array.from({ length: WARM_UP_RUNS + WARM_RUNS_FACTOR * runs }, () => {
    const startedAt = performance.now()
    work()
    return performance.now() - startedAt
  })
  return times.slice(WARM_UP_RUNS)
}

/** The content of each file below a folder, by its path. */
function filesBelow(folder: string): Map<string, string> {
  const paths = globSync('**/*.yaml', { cwd: folder })
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]))
}

/** The part of the time that the disk takes, which differs much between machines. */
function rewrite(files: ReadonlyMap<string, string>, folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  for (const parent of new Set([...files.keys()].map(dirname))) mkdirSync(join(folder, parent), { recursive: true })
  for (const [path, text] of files) writeFileSync(join(folder, path), text)
}
