import { quantile } from '../measure/quantile.ts'
import type { Measured } from './crowd.ts'

/** The measurements of one server. */
export interface Row {
  readonly name: string
  readonly isPeer: boolean
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

/** Medians of the rounds, and the ratios of ours to those of each peer. */
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
  const peers = rows.filter(({ isPeer }) => isPeer)
  const ratios = rows.filter(({ isPeer }) => !isPeer).flatMap((row) => peers.map((peer) => ratiosOf(row, peer)))
  return [title, ...lines, ...ratios, ''].join('\n')
}

function ratiosOf(row: Row, peer: Row): string {
  const loads = (['high', 'low'] as const).map((kind) => {
    const [p50, p99] = [0.5, 0.99].map((share) =>
      ratio(row[kind], peer[kind], (one) => quantile(one.latenciesMs, share)),
    )
    const cpu = ratio(row[kind], peer[kind], perCpuSecond)
    return `${cpu} x deliveries per CPU second, ${p50} x p50, ${p99} x p99`
  })
  return `${row.name} / ${peer.name}: at 70 % ${loads[0]}; at 30 % ${loads[1]}`
}

function ratio(ours: readonly Measured[], peers: readonly Measured[], of: (measured: Measured) => number): string {
  return shown(median(ours.map(of)) / median(peers.map(of)), 2)
}

function perSecond(messages: number, size: number): string {
  return `${messages.toFixed(0)} messages, ${(messages * size).toFixed(0)} deliveries a second`
}

function cellsOf({ name, high, low, redis, database }: Row): string[] {
  const lost = [...high, ...low].reduce((sum, measured) => sum + measured.lost, 0)
  return [
    name,
    shown(median(high.map(perCpuSecond)), 1),
    latencies(high),
    shown(median(low.map(perCpuSecond)), 1),
    latencies(low),
    shown(median(high.map(({ bytesPerDelivery }) => bytesPerDelivery)), 0),
    String(lost),
    `${shown(median(redis), 2)}, ${shown(median(database), 2)}`,
  ]
}

/** Thousands of deliveries per second of CPU. */
function perCpuSecond({ deliveries, cpuSeconds }: Measured): number {
  return deliveries / cpuSeconds / 1000
}

function latencies(rounds: readonly Measured[]): string {
  const [p50 = NaN, p99 = NaN] = [0.5, 0.99].map((share) =>
    median(rounds.map(({ latenciesMs }) => quantile(latenciesMs, share))),
  )
  return `${shown(p50, 1)}/${shown(p99, 1)}`
}

/** A dash, if no round counted. */
function shown(value: number, digits: number): string {
  return Number.isNaN(value) ? '-' : value.toFixed(digits)
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  if (sorted.length % 2 === 1) return sorted[middle] ?? NaN
  return ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
}
