import { showSteps } from '@chat-app/cli'
import { Crowd } from '@chat-app/services/testing'
import { eventually } from '@chat-app/testing'
import { setTimeout as sleep } from 'node:timers/promises'

const CLIENTS = 2000
const PROCESSES = { before: 3, after: 6 }
const PERCENT = 50
/** Targets; docs/services.md has the time. Random placement adds up to half of it. */
const TARGET = { ratio: 1.3, minutes: 10 * 1.5, moves: 2 }
const SAMPLE_MS = 15_000
/** No connection may be moved for this time at the end. */
const STILL_MS = 120_000
const MAX_MINUTES = 30

/**
 * Doubles the processes under 2,000 clients, and prints how long their connections take to be even, and how often a client was
 * moved.
 *
 * @throws Error when a message is lost, or the connections are not still after 30 minutes
 */
export async function rebalance(): Promise<void> {
  const steps = showSteps()
  try {
    steps.next(`connecting ${CLIENTS} clients to ${PROCESSES.before} processes`, 2)
    await using crowd = await Crowd.open({
      processes: PROCESSES.before,
      clients: CLIENTS,
      env: { REBALANCE_PERCENT: String(PERCENT) },
    })
    steps.next(`${PROCESSES.after} processes`, 2)
    await crowd.add(PROCESSES.after - PROCESSES.before)
    const startedAt = performance.now()
    const evenMinutes = await watch(crowd, (minutes, text) => steps.detail(`${minutes.toFixed(1)} minutes: ${text}`))
    const minutes = (performance.now() - startedAt) / 60_000
    await crowd.finish()
    await eventually(() => crowd.counts().lost === 0).catch(() => undefined)
    steps.print(report(crowd, evenMinutes, minutes, await sizes(crowd)))
    if (crowd.counts().lost > 0) throw new Error('messages were lost; see above')
  } finally {
    steps.end()
  }
}

/** Waits until nothing moves any more. Returns after how many minutes the connections became even for good. */
async function watch(crowd: Crowd, onSample: (minutes: number, text: string) => void): Promise<number | undefined> {
  const startedAt = performance.now()
  let evenMinutes: number | undefined
  let minutes = 0
  while (performance.now() - (crowd.closed.at(-1)?.at ?? Infinity) < STILL_MS) {
    if (minutes > MAX_MINUTES) throw new Error(`connections still move after ${MAX_MINUTES} minutes`)
    await sleep(SAMPLE_MS)
    minutes = (performance.now() - startedAt) / 60_000
    const open = await sizes(crowd)
    if (ratioOf(open) > TARGET.ratio) evenMinutes = undefined
    else evenMinutes ??= minutes
    onSample(minutes, `${open.join(' ')}, ${ratioOf(open).toFixed(2)} : 1, ${crowd.closed.length} moved`)
  }
  return evenMinutes
}

const sizes = (crowd: Crowd): Promise<number[]> => crowd.metric('chat_connections')

const ratioOf = (open: readonly number[]): number => Math.max(...open) / Math.min(...open)

function report(crowd: Crowd, evenMinutes: number | undefined, minutes: number, open: readonly number[]): string {
  const { sent, acknowledged, lost, duplicated } = crowd.counts()
  const moves = Map.groupBy(crowd.closed, ({ client }) => client)
  const most = Math.max(0, ...[...moves.values()].map(({ length }) => length))
  const met = (isMet: boolean): string => (isMet ? 'met' : 'missed')
  return [
    `${CLIENTS} clients, ${PROCESSES.before} to ${PROCESSES.after} processes, ${PERCENT} % a minute, ${minutes.toFixed(0)} minutes`,
    `even (${TARGET.ratio} : 1)  ${evenMinutes?.toFixed(1) ?? 'never'} minutes; at most ${TARGET.minutes}: ${met((evenMinutes ?? Infinity) <= TARGET.minutes)}`,
    `connections    ${open.join(' ')} (${ratioOf(open).toFixed(2)} : 1)`,
    `moves          ${crowd.closed.length}, most of one client ${most}; at most ${TARGET.moves}: ${met(most <= TARGET.moves)}`,
    `messages       ${sent} sent, ${acknowledged} acknowledged, ${lost} lost, ${duplicated} repeated`,
  ].join('\n')
}
