import { SCALE_OUT_MEMORY_MS, SETTLE_MS } from '../support/limits.ts'

/** Nothing moves while the counts differ by at most so much of the mean, or of its root: random placement alone gives that. */
const REST = { share: 0.15, roots: 3 }
/** A client is moved by so many scale-outs of an hour. */
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
 * Returns whether a connection that was opened at a time may be moved: it was opened before the youngest process started, so it was
 * not moved for that one yet, and at most one scale-out of the hour before can have moved its client. Processes that start within
 * `SETTLE_MS` are one scale-out. Nothing may be moved until the youngest has run for that time: proxies do not know it at once.
 *
 * @param starts when the processes started, sorted
 */
export function movableAt(now: number, starts: readonly number[]): (openedAtMs: number) => boolean {
  const last = starts.at(-1)
  if (last === undefined || now - last < SETTLE_MS) return () => false
  const groups = starts.filter((start, index) => (starts[index + 1] ?? Infinity) - start >= SETTLE_MS)
  // The first processes took nobody from others.
  const scaleOuts = groups.slice(1)
  return (openedAtMs) => {
    const before = scaleOuts.filter((at) => at <= openedAtMs && at > openedAtMs - SCALE_OUT_MEMORY_MS)
    return openedAtMs < last && before.length < MAX_MOVES
  }
}
