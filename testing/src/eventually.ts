import { setTimeout as delay } from 'node:timers/promises'

/** What has not come after this will not come: the limit finds what hangs, so it is far above what a slow machine needs. */
export const DEADLINE_MS = 120_000
const SHORTEST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 500

export interface EventuallyOptions {
  /** @default 120,000 */
  readonly timeoutMs?: number
  /** Longest time between two attempts. @default 500 */
  readonly everyMs?: number
}

/**
 * Runs the check again and again until it neither throws nor returns `false`, and returns its value: for assertions on a
 * state that is still to come. The pauses grow with the time that has passed, and none is shorter than the attempt before it,
 * so that the checks of many tests leave the processor to what they wait for.
 *
 * @throws Error of the last attempt, with the time and the number of attempts
 */
export async function eventually<T>(check: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = DEADLINE_MS, everyMs = LONGEST_PAUSE_MS } = options
  const startedAt = performance.now()
  for (let attempt = 1; ; attempt++) {
    const askedAt = performance.now()
    const outcome = await once(check)
    if ('value' in outcome && outcome.value !== false) return outcome.value
    const now = performance.now()
    if (now - startedAt >= timeoutMs) throw overdue(outcome, attempt, timeoutMs)
    const growing = Math.min(Math.max((now - startedAt) / 10, SHORTEST_PAUSE_MS), everyMs)
    await delay(Math.max(growing, now - askedAt))
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

/** The assertion's own error is kept, so that the report shows its difference. */
function overdue(outcome: Outcome<unknown>, attempts: number, timeoutMs: number): Error {
  const after = `not within ${timeoutMs / 1000} s (${attempts} attempts)`
  if ('value' in outcome) return new Error(`${after}: the condition stayed false`)
  if (!(outcome.error instanceof Error)) return new Error(`${after}: ${String(outcome.error)}`)
  outcome.error.message = `${after}: ${outcome.error.message}`
  return outcome.error
}
