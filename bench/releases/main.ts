import { showSteps } from '@chat-app/cli'
import { TwoReleases } from '@chat-app/services/testing'
import { checkOut } from './check-out.ts'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

const ROOMS = 40
const MESSAGES_PER_SECOND = 100
const ALONE_MS = 10_000
const TOGETHER_MS = 60_000
const MOST_P99_MS = 200
const STEPS = 6

/**
 * Runs the processes of another revision and those of this one on the same database and Redis, with clients of both in the
 * same rooms, while the schema is migrated, the other ones are ended, and `enable` is run. Prints what became of the messages.
 *
 * @param before a revision of this repository
 * @throws Error when a message is lost, repeated or out of order
 */
export async function releases(before: string): Promise<void> {
  const steps = showSteps()
  using other = checkOut(before)
  try {
    steps.next(`${before} alone`, STEPS)
    await using chat = await TwoReleases.open(other.main, ROOMS)
    chat.startSending(MESSAGES_PER_SECOND)
    await sleep(ALONE_MS)
    steps.next('migrating, and starting this release', STEPS)
    await chat.startAfter()
    steps.next('both releases', STEPS)
    chat.latencies.before.length = chat.latencies.after.length = 0
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    await sleep(TOGETHER_MS)
    delay.disable()
    const together = { before: [...chat.latencies.before], after: [...chat.latencies.after] }
    steps.next(`ending ${before}`, STEPS)
    await chat.endBefore()
    steps.next('enable', STEPS)
    const enabled = await chat.enable()
    await sleep(ALONE_MS)
    steps.next('waiting for the last messages', STEPS)
    const { sent, acknowledged, lost, duplicated, reordered } = await chat.finish()
    await chat.enable('--check')
    steps.print(
      [
        `${ROOMS} rooms with two clients at each release, ${MESSAGES_PER_SECOND} messages a second, ${TOGETHER_MS / 1000} s side by side`,
        row(before, together.before),
        row('this release', together.after),
        `event loop of the clients  p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms`,
        `messages  ${sent} sent, ${acknowledged} acknowledged, ${lost} lost, ${duplicated} repeated, ${reordered} out of order`,
        `enable    ${enabled.trim().split('\n').at(-1)}`,
      ].join('\n'),
    )
    if (lost + duplicated + reordered > 0) throw new Error('messages were lost, repeated or out of order; see above')
  } finally {
    steps.end()
  }
}

function row(name: string, latencies: readonly number[]): string {
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)] ?? NaN
  const met = at(0.99) <= MOST_P99_MS ? 'met' : 'missed'
  const [p50, p99] = [at(0.5).toFixed(1), at(0.99).toFixed(1)]
  return `${name}: ${sorted.length} deliveries, p50 ${p50} ms, p99 ${p99} ms; at most ${MOST_P99_MS}: ${met}`
}
