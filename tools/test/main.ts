import { readArguments, runCommand, type Command } from '@chat-app/cli'
import { withProgress } from '@chat-app/sandbox-machine'
import { parseCLI, type CliOptions } from 'vitest/node'
import { together } from './coverage.ts'
import { writeJunit } from './junit.ts'
import { exitCode, lastLine, total, type Outcome } from './outcome.ts'
import { chooseProjects } from './projects.ts'
import { interrupted, runProject, skipProject } from './run-project.ts'
import { NEEDED, prepare } from './setup/programs.ts'

const command = {
  name: 'npm test',
  usage: ['[-- FILTER...] [option...]'],
  about: [
    'Runs the tests, one project after the other, so that one whose set-up fails takes no other with it. What the tests need is prepared before the first of them. What this machine cannot run is skipped and counted, with the reason. A filter is a part of the path of a file.',
  ],
  options: {
    project: {
      value: 'NAME',
      help: 'only this one: unit (needs nothing), services (servers as processes), api (an API server) or cluster (a node with pods); * stands for any text, and ! before a name leaves it out',
      default: 'all',
      isMultiple: true,
    },
    'test-name-pattern': { value: 'PATTERN', help: 'only the tests whose names match this regular expression' },
    bail: { value: 'COUNT', help: 'stop a project after so many failed tests', default: 'never' },
    coverage: { help: 'say how much of the code the tests of unit and services run' },
  },
  variables: {
    CI: 'when set, dist/junit.xml has the results of all projects',
  },
  exitCodes: {
    0: 'tests ran, and none failed',
    1: 'one failed, none ran, or an argument is wrong',
    130: 'interrupted; what the tests had started is ended',
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
  // Handles that a test or a library left open must not keep the command from ending.
  process.exit(interrupted() ? 130 : exitCode(outcomes))
})

/** The options that vitest takes as they are; those of projects are ours. */
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
    await withProgress('programs that the tests run', (say) => prepare(runnable, say))
  const outcomes: Outcome[] = []
  for (const { name, reason } of options.coverage?.enabled === true ? together(projects) : projects) {
    if (interrupted()) break
    outcomes.push(
      await (reason === undefined ? runProject(name, [...filter], options) : skipProject(name, [...filter], reason)),
    )
  }
  return outcomes
}
