import { createVitest, type CliOptions, type Reporter, type TestModule, type Vitest } from 'vitest/node'
import { coverageOptions, isMeasured } from './coverage.ts'
import { junitPart } from './junit.ts'
import type { Outcome } from './outcome.ts'

export interface RunOptions {
  /** Options of vitest. */
  readonly vitest: CliOptions
  /** Called when a file has ended. */
  readonly onFile: () => void
}

/** Runs the tests of one project, or of several that `mergeMeasured` merged. Prints and counts an error of its setup. */
export async function runProject(project: string, filter: string[], options: RunOptions): Promise<Outcome> {
  const counts = { project, passed: 0, failed: 0, skipped: 0, errors: 0 }
  const junit = process.env['CI'] ? { outputFile: { junit: junitPart(project) } } : {}
  const { coverage, ...others } = options.vitest
  const measured = coverage?.enabled === true && isMeasured(project) ? { coverage: coverageOptions } : {}
  const vitest = await createVitest({
    ...others,
    ...junit,
    ...measured,
    watch: false,
    project: project.split('+'),
    reporters: ['default', counter(counts, options.onFile), ...(process.env['CI'] ? ['junit'] : [])],
  })
  const cancel = interruptible(vitest)
  try {
    const files = await vitest.globTestSpecifications(filter)
    if (files.length > 0) await vitest.start(filter)
  } catch (error) {
    console.error(error)
    counts.errors++
  } finally {
    cancel.abort()
    // Runs the teardown of the global setups.
    await vitest.close()
  }
  return counts
}

/** Number of test files of the projects that a run reaches. */
export async function countFiles(projects: readonly string[], filter: string[]): Promise<number> {
  const vitest = await createVitest({ watch: false, project: projects.flatMap((name) => name.split('+')) })
  try {
    return (await vitest.globTestSpecifications(filter)).length
  } finally {
    await vitest.close()
  }
}

let wasInterrupted = false

/** The first signal ends the run after the running test and the teardown; the second exits at once. */
function interruptible(vitest: Vitest): AbortController {
  const over = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Vitest's own listener exits after a millisecond, before the teardown of the global setups.
    process.removeAllListeners(signal)
    const onSignal = (): void => {
      if (interrupted()) process.exit(130)
      wasInterrupted = true
      console.error(`\n${signal}: stopping the tests and their processes; repeat to exit at once`)
      void vitest.cancelCurrentRun('keyboard-input')
    }
    process.on(signal, onSignal)
    over.signal.addEventListener('abort', () => process.off(signal, onSignal))
  }
  return over
}

/** Whether a signal has interrupted the run. */
export function interrupted(): boolean {
  return wasInterrupted
}

/** Counts the tests of a project as skipped, without running them. */
export async function skipProject(project: string, filter: string[], reason: string): Promise<Outcome> {
  const vitest = await createVitest({ watch: false, project })
  try {
    const modules = await vitest.parseSpecifications(await vitest.globTestSpecifications(filter))
    const skipped = modules.reduce((count, module) => count + [...module.children.allTests()].length, 0)
    return { project, passed: 0, failed: 0, skipped, errors: 0, reason }
  } finally {
    await vitest.close()
  }
}

type Counting = { passed: number; failed: number; skipped: number; errors: number }

function counter(counts: Counting, onFile: () => void): Reporter {
  return {
    onTestModuleEnd: onFile,
    onTestRunEnd: (modules, unhandledErrors) => {
      counts.errors += unhandledErrors.length
      for (const module of modules) countModule(module, counts)
    },
  }
}

/** Counts a test that never ran as failed: the run did not reach its file. */
function countModule(module: TestModule, counts: Counting): void {
  const before = counts.failed
  for (const test of module.children.allTests()) {
    const { state } = test.result()
    counts[state === 'pending' ? 'failed' : state]++
  }
  // The file does not load, or a hook failed.
  if (!module.ok() && counts.failed === before) counts.errors++
}
