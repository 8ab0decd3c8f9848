/** The result of the exchange, counted from the records of both clients. */
export interface Exchange {
  readonly sent: number
  readonly acknowledged: number
  readonly delivered: number
  readonly lost: number
  readonly duplicated: number
  readonly reordered: number
  /** Number of reconnects of both clients. */
  readonly reconnects: number
  /** Time from the first send to the last delivery, milliseconds. */
  readonly durationMs: number
  /** Times from a send to its acknowledgement, milliseconds. */
  readonly ackMs: { readonly p50: number; readonly p99: number; readonly max: number }
}

/** Returns the counts of lost, duplicated and reordered messages that are not 0: `2 lost`. */
export function faults(exchange: Exchange): string[] {
  const counts = { lost: exchange.lost, duplicated: exchange.duplicated, reordered: exchange.reordered }
  return Object.entries(counts)
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${count} ${name}`)
}

/** Formats rows as a table with two aligned columns. */
export function table(rows: readonly (readonly [string, string | number])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  const values = rows.map(([, value]) => String(value))
  const valueWidth = Math.max(...values.map((value) => value.length))
  const line = `+-${'-'.repeat(width)}-+-${'-'.repeat(valueWidth)}-+`
  const body = rows.map(([name], i) => `| ${name.padEnd(width)} | ${(values[i] ?? '').padStart(valueWidth)} |`)
  return [line, ...body, line].join('\n')
}

export function exchangeRows(exchange: Exchange): [string, string | number][] {
  return [
    ['sent', exchange.sent],
    ['acknowledged', exchange.acknowledged],
    ['delivered', exchange.delivered],
    ['lost', exchange.lost],
    ['duplicated', exchange.duplicated],
    ['reordered', exchange.reordered],
    ['reconnects', exchange.reconnects],
    ['time', `${(exchange.durationMs / 1000).toFixed(1)} s`],
    ['send to ack, p50', `${exchange.ackMs.p50.toFixed(1)} ms`],
    ['send to ack, p99', `${exchange.ackMs.p99.toFixed(1)} ms`],
    ['send to ack, longest', `${exchange.ackMs.max.toFixed(1)} ms`],
  ]
}
