/** What the two users saw, counted from both clients' records. */
export interface Exchange {
  readonly sent: number
  readonly acknowledged: number
  readonly delivered: number
  readonly lost: number
  readonly duplicated: number
  readonly reordered: number
  /** How often a client had to connect anew, both together. */
  readonly reconnects: number
  /** From the first send to the last delivery. */
  readonly durationMs: number
  /** From a send to its acknowledgement, in milliseconds. */
  readonly ackMs: { readonly p50: number; readonly p99: number; readonly max: number }
}

/** A message was lost, repeated or came out of order; the exchange failed. */
export function faults(exchange: Exchange): string[] {
  const counts = { lost: exchange.lost, duplicated: exchange.duplicated, reordered: exchange.reordered }
  return Object.entries(counts)
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${count} ${name}`)
}

/** The table at the end of the demo: two columns, aligned. */
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
