import type { Logger } from './log.ts'
import { messageOf } from './errors.ts'
import { within } from './within.ts'

/** Exit code after a second signal, which ends the process without the remaining steps. */
const EXIT_INTERRUPTED = 1

export interface Step {
  readonly name: string
  readonly timeoutMs: number
  readonly run: () => Promise<unknown> | void
}

/** A service that listens, and the steps that end it. */
export interface Running {
  readonly port: number
  readonly metricsPort: number
  readonly steps: readonly Step[]
}

/** Runs the steps in order, each within its time. The steps after one that fails or hangs still run. */
export async function runSteps(steps: readonly Step[], log: Logger): Promise<void> {
  for (const { name, timeoutMs, run } of steps) {
    const startedAt = performance.now()
    try {
      await within(timeoutMs, run(), `not done after ${timeoutMs} ms`)
      log.info({ step: name, durationMs: Math.round(performance.now() - startedAt) }, 'shutdown step done')
    } catch (error) {
      log.warn({ step: name, error: messageOf(error) }, 'shutdown step failed')
    }
  }
}

/** On SIGTERM or SIGINT runs the steps, then exits with 0. A second signal ends the process at once. */
export function onSignal(steps: () => readonly Step[], log: Logger): void {
  let stopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(EXIT_INTERRUPTED)
    stopping = true
    log.info({ signal }, 'shutting down')
    void runSteps(steps(), log).then(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}
