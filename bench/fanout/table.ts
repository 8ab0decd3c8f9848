import type { Measured } from './crowd.ts'

/** The measurements of one server. */
export interface Row {
  readonly name: string
  readonly high: Measured[]
  readonly low: Measured[]
  /** CPU seconds of Redis and of the database in each round of the higher load. */
  readonly redis: number[]
  readonly database: number[]
}

interface Results {
  readonly size: number
  readonly clients: number
  readonly messagesPerSecond: { readonly high: number; readonly low: number }
  readonly rows: readonly Row[]
}

const COLUMNS = [
  '',
  'k/CPU s',
  '70 %: p50/p99 ms',
  '30 %: k/CPU s',
  'p50/p99 ms',
  'bytes',
  'lost',
  'Redis, MariaDB CPU s',
]

/** Medians of the rounds. */
export function table({ size, clients, messagesPerSecond: { high, low }, rows }: Results): string {
  const title = `${clients} clients in rooms of ${size}: ${perSecond(high, size)} (70 %) and ${perSecond(low, size)} (30 %)`
  const cells = [COLUMNS, ...rows.map(cellsOf)]
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return [title, ...lines, ''].join('\n')
}

function perSecond(messages: number, size: number): string {
  return `${messages.toFixed(0)} messages, ${(messages * size).toFixed(0)} deliveries a second`
}

function cellsOf({ name, high, low, redis, database }: Row): string[] {
  const lost = [...high, ...low].reduce((sum, measured) => sum + measured.lost, 0)
  return [
    name,
    median(high.map(perCpuSecond)).toFixed(1),
    latencies(high),
    median(low.map(perCpuSecond)).toFixed(1),
    latencies(low),
    median(high.map(({ bytesPerDelivery }) => bytesPerDelivery)).toFixed(0),
    String(lost),
    `${median(redis).toFixed(2)}, ${median(database).toFixed(2)}`,
  ]
}

/** Thousands of deliveries per second of CPU. */
function perCpuSecond({ deliveries, cpuSeconds }: Measured): number {
  return deliveries / cpuSeconds / 1000
}

function latencies(rounds: readonly Measured[]): string {
  const [p50, p99] = [0.5, 0.99].map((share) => median(rounds.map(({ latenciesMs }) => quantile(latenciesMs, share))))
  return `${p50?.toFixed(1)}/${p99?.toFixed(1)}`
}

function quantile(ascending: Float64Array, share: number): number {
  return ascending[Math.min(Math.floor(ascending.length * share), ascending.length - 1)] ?? NaN
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  if (sorted.length % 2 === 1) return sorted[middle] ?? NaN
  return ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
}
