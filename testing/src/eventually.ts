import { setTimeout as delay } from 'node:timers/promises'

export interface EventuallyOptions {
  /** 10,000 by default. */
  readonly timeoutMs?: number
  /** Time between two attempts; 50 by default. */
  readonly everyMs?: number
}

/**
 * Runs the check again and again until it neither throws nor gives `false`, and gives its value: for assertions on a
 * state that is still to come. Fails with what the last attempt said, and after how many.
 */
export async function eventually<T>(check: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = 10_000, everyMs = 50 } = options
  const deadline = performance.now() + timeoutMs
  for (let attempt = 1; ; attempt++) {
    const outcome = await once(check)
    if ('value' in outcome && outcome.value !== false) return outcome.value
    if (performance.now() >= deadline) throw overdue(outcome, attempt, timeoutMs)
    await delay(everyMs)
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
