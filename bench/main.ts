import { runCommand, unknownName, usageError, readArguments, type Command } from '@chat-app/cli'
import { DEFAULT_RUNS, MAX_RUNS, synth } from './synth/main.ts'

const benchmarks: Readonly<Record<string, (runs: number) => Promise<void>>> = { synth }

const command = {
  name: 'npm run bench',
  usage: ['-- NAME [--runs N]'],
  about: ['Measures a command of this checkout beside other programs that do the same, in turns, and prints a table.'],
  names: {
    title: 'Benchmarks',
    help: { synth: 'all environments by npm run synth, Helm, the cdk8s CLI with ts-node, and Kustomize' },
  },
  options: {
    runs: { value: 'N', help: `measured runs of each program, 1 to ${MAX_RUNS}`, default: String(DEFAULT_RUNS) },
  },
  exitCodes: {
    0: 'the table is printed, whether the aims in it are met or not',
    1: 'an argument is wrong, or a program failed',
  },
  examples: { 'npm run bench -- synth --runs 3': 'a shorter one' },
} as const satisfies Command

await runCommand(command, async (args) => {
  const { values, names } = readArguments(command, args)
  const [name, ...others] = names
  const valid = Object.keys(benchmarks)
  if (name === undefined) throw usageError(command, `which benchmark? There is ${valid.join(', ')}`)
  const benchmark = benchmarks[name]
  if (benchmark === undefined) throw usageError(command, unknownName('benchmark', name, valid))
  if (others.length > 0) throw usageError(command, `unexpected argument "${others[0]}": one benchmark runs at a time`)
  await benchmark(runsOf(values.runs))
})

/** @throws Error for what is no number in the range */
function runsOf(text = String(DEFAULT_RUNS)): number {
  const runs = Number(text)
  if (Number.isInteger(runs) && runs >= 1 && runs <= MAX_RUNS) return runs
  throw usageError(command, `--runs ${JSON.stringify(text)}: must be a number from 1 to ${MAX_RUNS}`)
}
