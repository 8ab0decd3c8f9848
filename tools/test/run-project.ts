import { createVitest, type CliOptions, type Reporter, type TestModule, type Vitest } from 'vitest/node'
import { coverageOptions, isMeasured } from './coverage.ts'
import { junitPart } from './junit.ts'
import type { Outcome } from './outcome.ts'

/** Runs the tests of one project, or of several by `together`; an error in its set-up counts as one and is printed, never thrown. */
export async function runProject(project: string, filter: string[], options: CliOptions): Promise<Outcome> {
  const counts = { project, passed: 0, failed: 0, skipped: 0, errors: 0 }
  const junit = process.env['CI'] ? { outputFile: { junit: junitPart(project) } } : {}
  const reporters = ['default', counter(counts), ...(process.env['CI'] ? ['junit'] : [])]
  const { coverage, ...others } = options
  const measured = coverage?.enabled === true && isMeasured(project) ? { coverage: coverageOptions } : {}
  const run = { ...others, ...junit, ...measured, watch: false, project: project.split('+'), reporters }
  const vitest = await createVitest(run)
  const cancel = interruptible(vitest)
  try {
    const files = await vitest.globTestSpecifications(filter)
    if (files.length > 0) await vitest.start(filter)
  } catch (error) {
    console.error(error)
    counts.errors++
  } finally {
    cancel.abort()
    // Takes down what the global set-ups started.
    await vitest.close()
  }
  return counts
}

let wasInterrupted = false

/** Ctrl-C lets the running test end and everything be taken down; the second one ends at once. */
function interruptible(vitest: Vitest): AbortController {
  const over = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Vitest's own listener ends the process a millisecond later, and what the set-ups started would stay.
    process.removeAllListeners(signal)
    const onSignal = (): void => {
      if (interrupted()) process.exit(130)
      wasInterrupted = true
      console.error(`\n${signal}: ending the tests and what they started; once more to end at once`)
      void vitest.cancelCurrentRun('keyboard-input')
    }
    process.on(signal, onSignal)
    over.signal.addEventListener('abort', () => process.off(signal, onSignal))
  }
  return over
}

/** Whether a signal has ended the run before its time. */
export function interrupted(): boolean {
  return wasInterrupted
}

/** Counts the tests of a project without running anything of it. */
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

function counter(counts: Counting): Reporter {
  return {
    onTestRunEnd: (modules, unhandledErrors) => {
      counts.errors += unhandledErrors.length
      for (const module of modules) countModule(module, counts)
    },
  }
}

/** A test that was never run (its file was not reached) is no success: it counts as failed. */
function countModule(module: TestModule, counts: Counting): void {
  const before = counts.failed
  for (const test of module.children.allTests()) {
    const { state } = test.result()
    counts[state === 'pending' ? 'failed' : state]++
  }
  // The file itself, or a hook around its tests.
  if (!module.ok() && counts.failed === before) counts.errors++
}
