import type { Logger } from './log.ts'
import { messageOf } from './errors.ts'

export interface Step {
  readonly name: string
  readonly timeoutMs: number
  readonly run: () => Promise<unknown> | void
}

/** A service that listens, and what ends it. */
export interface Running {
  readonly port: number
  readonly metricsPort: number
  readonly steps: readonly Step[]
}

/** Runs the steps in their order, each bounded; one that fails or hangs does not keep the next from running. */
export async function runSteps(steps: readonly Step[], log: Logger): Promise<void> {
  for (const { name, timeoutMs, run } of steps) {
    const startedAt = Date.now()
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done after ${timeoutMs} ms`)), timeoutMs)
    })
    try {
      await Promise.race([run(), timeout])
      log.info({ step: name, durationMs: Date.now() - startedAt }, 'shutdown step done')
    } catch (error) {
      log.warn({ step: name, error: messageOf(error) }, 'shutdown step failed')
    } finally {
      clearTimeout(timer)
    }
  }
}

/** On SIGTERM or SIGINT: the steps, then exit 0. A second signal ends the process at once. */
export function onSignal(steps: () => readonly Step[], log: Logger): void {
  let stopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1)
    stopping = true
    log.info({ signal }, 'shutting down')
    void runSteps(steps(), log).then(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}
