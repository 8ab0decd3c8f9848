import { createVitest, startVitest, type CliOptions, type Reporter, type TestModule } from 'vitest/node'
import { junitPart } from './junit.ts'
import type { Outcome } from './outcome.ts'

/** Runs the tests of one project; an error in its set-up counts as one and is printed, never thrown. */
export async function runProject(project: string, filter: string[], options: CliOptions): Promise<Outcome> {
  const counts = { project, passed: 0, failed: 0, skipped: 0, errors: 0 }
  console.log(`\n${project}`)
  const junit = process.env['CI'] ? { outputFile: { junit: junitPart(project) } } : {}
  const reporters = ['default', counter(counts), ...(process.env['CI'] ? ['junit'] : [])]
  try {
    const run = { ...options, ...junit, watch: false, project, passWithNoTests: true, reporters }
    await (await startVitest(filter, run)).close()
  } catch (error) {
    console.error(error)
    counts.errors++
  }
  return counts
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
