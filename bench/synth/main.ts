import { clustersOf, manifests } from '@chat-app/platform'
import { synth as synthesize } from '@chat-app/synth'
import { environments } from '@chat-app/environments'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { cdk8sCommand } from './cdk8s.ts'
import { median, timed, type Command, type Contestant } from './contestants.ts'
import { helmCommands } from './helm.ts'
import { kustomizeCommands } from './kustomize.ts'
import { table, type Measured } from './table.ts'

const root = join(import.meta.dirname, '..', '..')
/** As tools/setup.mjs starts it. */
const main = ['--import', join(root, 'tools/setup/compile-cache.mjs'), join(root, 'synth/src/main.ts')]

/**
 * `npm run bench -- synth [--runs N]`: how long all environments take, warm in one process and as a process, beside Helm,
 * the cdk8s CLI with ts-node and Kustomize. All of them by turns, so that a busy machine is one for each.
 */
export async function synth(args: readonly string[]): Promise<void> {
  const runs = runsOf(args)
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
    const times = await interleaved(contestants, runs, { NODE_COMPILE_CACHE: join(folder, 'compiled') })
    const warm = warmTimes(() => synthesize(environments, join(folder, 'warm')), runs)
    const files = filesBelow(join(folder, 'warm'))
    const writing = warmTimes(() => rewrite(files, join(folder, 'copy')), runs)
    const objects = clusters.flatMap(manifests).reduce((sum, file) => sum + file.objects.length, 0)
    console.log(
      `${environments.length} environments, ${clusters.length} clusters, ${objects} objects; medians of ${runs} runs`,
    )
    const alone = { name: `warm: writing ${files.size} such files alone`, ms: median(writing) }
    console.log(table([{ name: 'warm, in one process', ms: median(warm) }, alone, ...times]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @throws Error for an unknown option or a wrong number */
function runsOf(args: readonly string[]): number {
  const { runs = '7' } = parseArgs({ args: [...args], options: { runs: { type: 'string' } } }).values
  if (/^[1-9]\d{0,2}$/.test(runs)) return Number(runs)
  throw new Error(`--runs "${runs}": must be a number from 1 to 999`)
}

async function interleaved(contestants: readonly Contestant[], runs: number, env: Command['env']): Promise<Measured[]> {
  const times = contestants.map(() => [] as number[])
  // The first turn fills caches, those of the disk and of Node's compiler: it stands in a column of its own.
  for (let turn = 0; turn <= runs; turn++)
    for (const [index, contestant] of contestants.entries()) {
      times[index]?.push(await timed(contestant, env))
    }
  return contestants.map(({ name }, index) => {
    const [first, ...later] = times[index] ?? []
    return { name, first, ms: median(later) }
  })
}

const WARM_UP = 10

function warmTimes(work: () => unknown, runs: number): number[] {
  const times = Array.from({ length: WARM_UP + 3 * runs }, () => {
    const startedAt = performance.now()
    work()
    return performance.now() - startedAt
  })
  return times.slice(WARM_UP)
}

/** The content of each file below a folder, by its path. */
function filesBelow(folder: string): Map<string, string> {
  const paths = globSync('**/*.yaml', { cwd: folder })
  return new Map(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]))
}

/** What the disk takes of the time, which differs much between machines. */
function rewrite(files: ReadonlyMap<string, string>, folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  for (const parent of new Set([...files.keys()].map(dirname))) mkdirSync(join(folder, parent), { recursive: true })
  for (const [path, text] of files) writeFileSync(join(folder, path), text)
}
