import { setTimeout as delay } from 'node:timers/promises'

/** Default time limit. It only detects what hangs, so it is far above what a slow machine needs. */
export const DEADLINE_MS = 120_000
const SHORTEST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 500

export interface EventuallyOptions {
  /**
   * Time limit. An attempt that is running then is not interrupted.
   *
   * @default 120_000
   */
  readonly timeoutMs?: number
  /**
   * Longest pause between two attempts.
   *
   * @default 500
   */
  readonly everyMs?: number
}

/**
 * Runs `check` until it neither throws nor returns `false`, and returns its value. The pauses grow with the time that
 * has passed, and none is shorter than the attempt before it: the checks of many tests must leave the processor to the
 * programs under test.
 *
 * @throws Error of the last attempt, with the time and the number of attempts, when the time is over
 */
export async function eventually<T>(check: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = DEADLINE_MS, everyMs = LONGEST_PAUSE_MS } = options
  const startedAt = performance.now()
  for (let attempt = 1; ; attempt++) {
    const attemptedAt = performance.now()
    const outcome = await once(check)
    if ('value' in outcome && outcome.value !== false) return outcome.value
    const now = performance.now()
    if (now - startedAt >= timeoutMs) throw overdue(outcome, attempt, timeoutMs)
    const growing = Math.min(Math.max((now - startedAt) / 10, SHORTEST_PAUSE_MS), everyMs)
    await delay(Math.max(growing, now - attemptedAt))
  }
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown }

async function once<T>(check: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await check() }
  } catch (error) {
    return { error }
  }
}

/** Keeps the error of the assertion, so that vitest's report shows the diff. */
function overdue(outcome: Outcome<unknown>, attempts: number, timeoutMs: number): Error {
  const after = `not within ${timeoutMs / 1000} s (${attempts} attempts)`
  if ('value' in outcome) return new Error(`${after}: the condition stayed false`)
  if (!(outcome.error instanceof Error)) return new Error(`${after}: ${String(outcome.error)}`)
  outcome.error.message = `${after}: ${outcome.error.message}`
  return outcome.error
}
