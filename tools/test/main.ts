import { readArguments, runCommand, throttled, withProgress, type Command } from '@chat-app/cli'
import { parseCLI, type CliOptions } from 'vitest/node'
import { mergeMeasured } from './coverage.ts'
import { writeJunit } from './junit.ts'
import { exitCode, lastLine, total, type Outcome } from './outcome.ts'
import { chooseProjects } from './projects.ts'
import { countFiles, interrupted, runProject, skipProject } from './run-project.ts'
import { NEEDED, prepare } from './setup/programs.ts'

const command = {
  name: 'npm test',
  usage: ['[-- FILTER...] [option...]'],
  about: [
    'Runs the tests, one project after the other: a project whose setup fails does not affect the others. Programs that the tests need are built and downloaded first. Projects that this machine cannot run are skipped with a reason, and their tests are counted. A filter is a part of the path of a test file.',
  ],
  options: {
    project: {
      value: 'NAME',
      help: 'run only this project: unit (needs nothing), services (servers as processes), api (an API server) or cluster (a node with pods); * matches any text, and ! before a name excludes it',
      default: 'all',
      isMultiple: true,
    },
    'test-name-pattern': { value: 'PATTERN', help: 'run only tests whose names match this regular expression' },
    bail: { value: 'COUNT', help: 'stop a project after this many failed tests', default: 'never' },
    coverage: { help: 'measure the code coverage of the projects unit and services' },
  },
  variables: {
    CI: 'when set, the results of all projects are written to dist/junit.xml',
  },
  exitCodes: {
    0: 'tests ran, and none failed',
    1: 'a test failed, no test ran, or an argument is wrong',
    130: 'interrupted; the processes of the tests were stopped',
  },
  examples: {
    'npm test -- --project unit charts': 'the unit tests of charts/',
    'npm test -- --project api --test-name-pattern lease': 'some tests on a real API server',
  },
} as const satisfies Command

await runCommand(command, async (args) => {
  const { values, names } = readArguments(command, args)
  const projects = await chooseProjects(values.project)
  const outcomes = await run(projects, names, vitestOptions(values))
  if (process.env['CI']) writeJunit(outcomes.map(({ project }) => project))
  for (const outcome of outcomes) {
    if (outcome.reason !== undefined)
      console.log(`skipped ${outcome.project} (${outcome.skipped} tests): ${outcome.reason}`)
  }
  console.log(lastLine(total(outcomes)))
  // Ends the command even when a test or a library has left handles open.
  process.exit(interrupted() ? 130 : exitCode(outcomes))
})

/** The options for vitest: all except `--project`. */
function vitestOptions(values: {
  readonly 'test-name-pattern'?: string
  readonly bail?: string
  readonly coverage?: boolean
}): CliOptions {
  const pattern = values['test-name-pattern']
  return parseCLI([
    'vitest',
    'run',
    ...(pattern === undefined ? [] : [`--testNamePattern=${pattern}`]),
    ...(values.bail === undefined ? [] : [`--bail=${values.bail}`]),
    ...(values.coverage ? ['--coverage'] : []),
  ]).options
}

async function run(
  projects: Awaited<ReturnType<typeof chooseProjects>>,
  filter: readonly string[],
  options: CliOptions,
): Promise<Outcome[]> {
  const runnable = projects.flatMap(({ name, reason }) => (reason === undefined ? name : []))
  if (runnable.some((name) => name in NEEDED))
    await withProgress('programs for the tests', (say) => prepare(runnable, say))
  const onFile = progress(await countFiles(runnable, [...filter]))
  const outcomes: Outcome[] = []
  for (const { name, reason } of options.coverage?.enabled === true ? mergeMeasured(projects) : projects) {
    if (interrupted()) break
    outcomes.push(
      await (reason === undefined
        ? runProject(name, [...filter], { vitest: options, onFile })
        : skipProject(name, [...filter], reason)),
    )
  }
  return outcomes
}

/** Prints from time to time how many of the test files have ended. */
function progress(total: number): () => void {
  const say = throttled((text) => console.log(text))
  let ended = 0
  return () => {
    ended++
    say(`test files: ${ended} of ${total} have ended`)
  }
}
