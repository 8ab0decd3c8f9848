/** The results of the tests of one project. */
export interface Outcome extends Counts {
  readonly project: string
  /** Number of errors outside of tests: a file that does not load, a setup that fails, an unhandled rejection. */
  readonly errors: number
  /** Why this machine cannot run the project; undefined when it ran. */
  readonly reason?: string
}

/** Numbers of tests. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export function total(outcomes: readonly Counts[]): Counts {
  const sum = (key: keyof Counts): number => outcomes.reduce((count, outcome) => count + outcome[key], 0)
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }
}

export function lastLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** 0 when at least one test passed, none failed, and no error occurred outside of tests; else 1. */
export function exitCode(outcomes: readonly Outcome[]): 0 | 1 {
  const { passed, failed } = total(outcomes)
  const errors = outcomes.some((outcome) => outcome.errors > 0)
  return passed > 0 && failed === 0 && !errors ? 0 : 1
}
