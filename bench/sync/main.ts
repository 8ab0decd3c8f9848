import { showSteps } from '@chat-app/cli'
import { Returning } from '@chat-app/services/testing'
import { quantile } from '../measure/quantile.ts'
import { setTimeout as sleep } from 'node:timers/promises'

const SIZE = { clients: 2000, rooms: 200, ofRoom: 20 }
const BASELINE_MS = 30_000
const TARGET = { seconds: 30, ratio: 2 }

/**
 * Kills the process through which 2,000 clients follow 200 rooms each, and prints after how long all of them are answered
 * again, and what that costs those who send through other processes.
 */
export async function sync(): Promise<void> {
  const steps = showSteps()
  try {
    steps.next(`${SIZE.clients} clients follow ${SIZE.rooms} rooms each`, 3)
    await using returning = await Returning.open(SIZE)
    steps.next(`others send for ${BASELINE_MS / 1000} s`, 3)
    const before = await returning.latencies(sleep(BASELINE_MS))
    steps.next('SIGKILL of their process', 3)
    const killed = returning.kill()
    const [answeredMs, during] = await Promise.all([killed, returning.latencies(killed)])
    steps.print(report(answeredMs, before, during))
  } finally {
    steps.end()
  }
}

function report(answeredMs: readonly number[], before: readonly number[], during: readonly number[]): string {
  const seconds = Math.max(...answeredMs) / 1000
  const [p99Before, p99During] = [quantile(before, 0.99), quantile(during, 0.99)]
  const ratio = p99During / p99Before
  const met = (isMet: boolean): string => (isMet ? 'met' : 'missed')
  const ms = (value: number) => `${value.toFixed(1)} ms`
  return [
    `${SIZE.clients} clients x ${SIZE.rooms} rooms of ${SIZE.ofRoom} members, one of three processes killed`,
    `answered again  p50 ${(quantile(answeredMs, 0.5) / 1000).toFixed(1)} s, all ${seconds.toFixed(1)} s; at most ${TARGET.seconds}: ${met(seconds <= TARGET.seconds)}`,
    `send to ack     p50 ${ms(quantile(before, 0.5))}, p99 ${ms(p99Before)} before (${before.length} messages)`,
    `                p50 ${ms(quantile(during, 0.5))}, p99 ${ms(p99During)} meanwhile (${during.length} messages)`,
    `p99             ${ratio.toFixed(2)} x; at most ${TARGET.ratio}: ${met(ratio <= TARGET.ratio)}`,
  ].join('\n')
}
