import type { Outcome } from '@chat-app/operator/testing/crash'

/** Each run must end in the reference state within this time after the start of the next operator, milliseconds. */
const TARGET_MS = 30_000
/** A step has no more writes when this many kills in turn, before and after, came too late. */
const MISSES = 2
/** More failures would not say anything new. */
const MAX_FAILURES = 10

interface Row {
  readonly writes: number
  readonly kills: { before: number; after: number }
  misses: number
  slowestMs: number
}

/** Counts the kills of each step. */
export class Tally {
  readonly #rows: ReadonlyMap<string, Row>
  #failures = 0

  /** @param writes the number of writes without a kill, by the name of the step */
  constructor(writes: ReadonlyMap<string, number>) {
    const row = (count: number): Row => ({ writes: count, kills: { before: 0, after: 0 }, misses: 0, slowestMs: 0 })
    this.#rows = new Map([...writes].map(([step, count]) => [step, row(count)]))
  }

  /** The number of kills to expect: steps may take a few writes more or less than in the reference. */
  get total(): number {
    return 2 * this.#sum(({ writes }) => writes)
  }

  get isDone(): boolean {
    return this.#failures >= MAX_FAILURES || [...this.#rows.keys()].every((step) => this.isExhausted(step))
  }

  get isFailed(): boolean {
    return this.#failures > 0 || [...this.#rows.values()].some(({ slowestMs }) => slowestMs > TARGET_MS)
  }

  isExhausted(step: string): boolean {
    return (this.#rows.get(step)?.misses ?? MISSES) >= MISSES
  }

  add({ step, fault, write, recoveredMs }: Outcome): void {
    const row = this.#rows.get(step)
    if (row === undefined) return
    if (write === undefined) {
      row.misses++
      return
    }
    row.misses = 0
    row.kills[fault.when]++
    row.slowestMs = Math.max(row.slowestMs, recoveredMs)
  }

  fail(): void {
    this.#failures++
  }

  /** A row for each step, and the number of kills. */
  table(): string {
    const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
    const rows = [...this.#rows].map(([step, { writes, kills, slowestMs }]) =>
      [step, writes, kills.before, kills.after, seconds(slowestMs)].map(String),
    )
    const head = ['', 'writes', 'killed before', 'killed after', 'slowest end']
    const kills = this.#sum((row) => row.kills.before + row.kills.after)
    const verdict = this.isFailed ? 'missed' : 'met'
    return [
      ...[head, ...rows].map((row) =>
        row
          .map((cell, column) => cell.padEnd(head[column]?.length || 10))
          .join('  ')
          .trimEnd(),
      ),
      `N = ${kills} kills, ${this.#failures} of them failed; all end in the reference state within ${seconds(TARGET_MS)}: ${verdict}`,
    ].join('\n')
  }

  #sum(of: (row: Row) => number): number {
    return [...this.#rows.values()].reduce((sum, row) => sum + of(row), 0)
  }
}
