import { SCALE_OUT_MEMORY_MS, SECOND_ROUND_MS, SETTLE_MS } from '../support/limits.ts'

/** Nothing moves while the counts differ by at most so much of the mean, or of its root: random placement alone gives that. */
const REST = { share: 0.15, roots: 3 }
/** A client is moved at most so often in an hour. */
const MAX_MOVES = 2

/** The mean of the connections of `own` and the others. */
export function meanOf(own: number, others: readonly number[]): number {
  return others.reduce((sum, connections) => sum + connections, own) / (others.length + 1)
}

/** By how many connections a process exceeds the mean: 0 when the fullest and the emptiest differ too little to move anything. */
export function surplusOf(own: number, others: readonly number[]): number {
  const mean = meanOf(own, others)
  const spread = Math.max(own, ...others) - Math.min(own, ...others)
  if (spread <= Math.max(REST.share * mean, REST.roots * Math.sqrt(mean))) return 0
  return Math.max(own - mean, 0)
}

/**
 * Returns whether a connection that was opened at a time may be moved. A scale-out has two rounds, one when its last process has
 * started and one `SECOND_ROUND_MS` later, for clients that came to a full process again. A connection is moved in a round if it
 * was opened before it, and if at most one round of the hour before can have moved its client. Processes that start within
 * `SETTLE_MS` are one scale-out, and nothing is moved until the youngest has run for that time: proxies do not know it at once.
 *
 * @param starts when the processes started, sorted
 */
export function movableAt(now: number, starts: readonly number[]): (openedAtMs: number) => boolean {
  const youngest = starts.at(-1)
  if (youngest === undefined || now - youngest < SETTLE_MS) return () => false
  const groups = starts.filter((start, index) => (starts[index + 1] ?? Infinity) - start >= SETTLE_MS)
  // The first processes took nobody from others.
  const scaleOuts = groups.slice(1)
  const rounds = scaleOuts.flatMap((at) => [at, at + SECOND_ROUND_MS]).filter((at) => at <= now)
  const last = Math.max(youngest, ...rounds)
  return (openedAtMs) => {
    const before = rounds.filter((at) => at <= openedAtMs && at > openedAtMs - SCALE_OUT_MEMORY_MS)
    return openedAtMs < last && before.length < MAX_MOVES
  }
}
