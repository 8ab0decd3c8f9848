import { withProgress } from '@chat-app/sandbox-machine'
import { parseCLI } from 'vitest/node'
import { together } from './coverage.ts'
import { writeJunit } from './junit.ts'
import { chooseProjects } from './projects.ts'
import { interrupted, runProject, skipProject } from './run-project.ts'
import { NEEDED, prepare } from './setup/programs.ts'
import { exitCode, lastLine, total, type Outcome } from './outcome.ts'

/**
 * `npm test`: one project after the other, so that one whose set-up fails takes no other with it. What this machine
 * cannot run counts as skipped, with the reason. Arguments are vitest's: `npm test -- --project unit FILTER`. With `--coverage`
 * it says how much of the code the tests of `unit` and `services` run.
 */
const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)])
const outcomes: Outcome[] = []
const projects = await chooseProjects(options.project)
const runnable = projects.flatMap(({ name, reason }) => (reason === undefined ? name : []))
if (runnable.some((name) => name in NEEDED))
  await withProgress('programs that the tests run', (say) => prepare(runnable, say))
for (const { name, reason } of options.coverage?.enabled === true ? together(projects) : projects) {
  if (interrupted()) break
  outcomes.push(await (reason === undefined ? runProject(name, filter, options) : skipProject(name, filter, reason)))
}
if (process.env['CI']) writeJunit(outcomes.map(({ project }) => project))
for (const outcome of outcomes) {
  if (outcome.reason !== undefined)
    console.log(`skipped ${outcome.project} (${outcome.skipped} tests): ${outcome.reason}`)
}
console.log(lastLine(total(outcomes)))
// Handles that a test or a library left open must not keep the command from ending.
process.exit(interrupted() ? 130 : exitCode(outcomes))
