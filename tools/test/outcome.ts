/** What became of the tests of one project. */
export interface Outcome extends Counts {
  readonly project: string
  /** Errors outside of any test: a file that does not load, a set-up that fails, a rejection nobody handles. */
  readonly errors: number
  /** Why the whole project was skipped. */
  readonly reason?: string
}

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

/** 0 only when something ran and nothing of it went wrong. */
export function exitCode(outcomes: readonly Outcome[]): 0 | 1 {
  const { passed, failed } = total(outcomes)
  const errors = outcomes.some((outcome) => outcome.errors > 0)
  return passed > 0 && failed === 0 && !errors ? 0 : 1
}
