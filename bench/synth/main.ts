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

const ROOT = join(import.meta.dirname, '..', '..')
/** Node's arguments for `npm run synth`, the same as in tools/setup.mjs. */
const SYNTH_ARGUMENTS = ['--import', join(ROOT, 'tools/setup/compile-cache.mjs'), join(ROOT, 'synth/src/main.ts')]

/** Default of `--runs`: measured runs of each program. */
export const DEFAULT_RUNS = 7
/** Highest valid `--runs`. */
export const MAX_RUNS = 999
/** Unmeasured runs in one process, until V8 has optimized the code. */
const WARM_UP_RUNS = 10
/** Measured runs in one process for each run of a program: they are short, so more of them are needed. */
const WARM_RUNS_FACTOR = 3

/**
 * Measures how long all environments take: in one warm process, as `npm run synth`, and with Helm, the cdk8s CLI with
 * ts-node and Kustomize. Prints a table. The programs run in turns, so that other load on the machine slows all of
 * them.
 *
 * @param runs measured runs of each program
 * @throws Error when a program fails
 */
export async function synth(runs: number): Promise<void> {
  const steps = showSteps()
  const folder = mkdtempSync(join(tmpdir(), 'bench-synth-'))
  try {
    const clusters = environments.flatMap(clustersOf)
    const contestants: Contestant[] = [
      {
        name: 'npm run synth',
        commands: [{ argv: [process.execPath, ...SYNTH_ARGUMENTS, '--out', join(folder, 'dist')] }],
      },
      { name: 'helm template', commands: await helmCommands(clusters, join(folder, 'helm')) },
      { name: 'cdk8s CLI and ts-node', commands: [cdk8sCommand(folder)] },
      { name: 'kustomize build', commands: await kustomizeCommands(clusters, join(folder, 'kustomize')) },
    ]
    // An own compile cache, so that the first run of each Node program starts without one.
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

/** One step for each run of each program, and one for each of the two measurements in one process. */
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
  // The first turn fills the caches of the disk and of Node's compiler, so it is reported in its own column.
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

/** Milliseconds of each measured run, after the warm-up. */
function warmTimes(work: () => unknown, runs: number): number[] {
  const times = Array.from({ length: WARM_UP_RUNS + WARM_RUNS_FACTOR * runs }, () => {
    const startedAt = performance.now()
    work()
    return performance.now() - startedAt
  })
  return times.slice(WARM_UP_RUNS)
}

/** The contents of the YAML files below a folder, by path. */
function filesBelow(folder: string): Map<string, string> {
  const paths = globSync('**/*.yaml', { cwd: folder })
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]))
}

/** Writes the files anew: the share of the disk in the time, which differs between machines. */
function rewrite(files: ReadonlyMap<string, string>, folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  for (const parent of new Set([...files.keys()].map(dirname))) mkdirSync(join(folder, parent), { recursive: true })
  for (const [path, text] of files) writeFileSync(join(folder, path), text)
}
