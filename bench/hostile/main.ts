import { showSteps } from '@chat-app/cli'
import { hostile as attack, type HostileOutcome } from '@chat-app/services/testing'

export interface HostileSettings {
  readonly seed: number
  readonly frames: number
  readonly requests: number
  readonly slowClients: number
}

const MIB = 1024 * 1024
const MOST_RATIO = 2

/**
 * Attacks an API and a WebSocket process while others chat, and prints what was answered, the memory of the processes, and
 * what it costs the others.
 *
 * @throws Error with the seed when a process ends, has an unexpected error, or gives an answer that no client may get
 */
export async function hostile(settings: HostileSettings): Promise<void> {
  const { seed, frames, requests, slowClients } = settings
  const steps = showSteps()
  try {
    steps.next(`${frames} frames, ${requests} requests, ${slowClients} slow clients, seed ${seed}`, 1)
    const outcome = await attack(settings, (done) =>
      steps.detail(`${done.frames} of ${frames} frames, ${done.requests} of ${requests} requests`),
    )
    steps.print(report(settings, outcome))
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error })
  } finally {
    steps.end()
  }
}

function report(settings: HostileSettings, { seconds, answers, latencies, memory }: HostileOutcome): string {
  const { frames, requests, slowClients, seed } = settings
  const list = (counts: ReadonlyMap<string, number>) =>
    [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
  const met = (isMet: boolean) => (isMet ? 'met' : 'missed')
  const p99 = { before: quantile(latencies.before, 0.99), meanwhile: quantile(latencies.meanwhile, 0.99) }
  const ratio = p99.meanwhile / p99.before
  const resident = Math.max(memory.api, memory.websocket)
  return [
    `${frames} frames, ${requests} requests, ${slowClients} slow clients in ${Math.round(seconds)} s, seed ${seed}: 0 crashes, 0 unexpected errors, 0 answers 5xx without Retry-After`,
    `answers to frames    ${list(answers.frames)}`,
    `answers to requests  ${list(answers.requests)}`,
    `resident memory      api ${Math.round(memory.api / MIB)} MiB, websocket ${Math.round(memory.websocket / MIB)} MiB; at most ${memory.limit / MIB}: ${met(resident <= memory.limit)}`,
    `send to ack, p99     ${p99.before.toFixed(1)} ms before (${latencies.before.length} messages), ${p99.meanwhile.toFixed(1)} ms meanwhile (${latencies.meanwhile.length}): ${ratio.toFixed(2)} x; at most ${MOST_RATIO}: ${met(ratio <= MOST_RATIO)}`,
  ].join('\n')
}

/** The value below which this share of the values is. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? NaN
}
