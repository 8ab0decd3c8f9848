import { CONSUMERS, type Consumer } from '../outbox/consumer.ts'
import type { Database } from '../store/database.ts'
import type { TransactionHook } from '../kinds/kinds.ts'
import { insertOutbox, Outbox } from '../store/outbox.ts'
import { messageOf } from '../support/errors.ts'
import { OUTBOX_MEASURE_INTERVAL_MS } from '../support/limits.ts'
import type { Logger } from '../support/log.ts'
import type { Metrics } from '../support/metrics.ts'
import { Periodic } from '../support/periodic.ts'
import { throttledWarn } from '../support/throttled.ts'

/** Says what the outbox gets, and counts what waits in it. Without consumers it asks nothing of the database. */
export function openOutbox(
  database: Database,
  metrics: Metrics,
  log: Logger,
  consumers: readonly Consumer[] = CONSUMERS,
): { readonly outbox: Outbox; readonly stop: () => Promise<void> } {
  const warn = throttledWarn(log)
  const outbox = new Outbox(consumers, {
    onDropped: (consumer, rows) => {
      metrics.outboxDropped.inc({ consumer }, rows)
      warn({ consumer, rows }, 'too many events wait in the outbox: a consumer will not get these')
    },
  })
  if (consumers.length === 0) return { outbox, stop: () => Promise.resolve() }
  const measuring = new Periodic({
    intervalMs: OUTBOX_MEASURE_INTERVAL_MS,
    work: async () => {
      for (const { consumer, rows, ageMs, failed } of await outbox.measure(database)) {
        metrics.outboxRows.set({ consumer }, rows)
        metrics.outboxAge.set({ consumer }, ageMs / 1000)
        metrics.outboxFailed.set({ consumer }, failed)
      }
    },
    onError: (error) => warn({ error: messageOf(error) }, 'the outbox cannot be counted'),
  })
  return { outbox, stop: () => measuring.stop() }
}

/** Writes the rows of the outbox in the transaction that stores their events. */
export function outboxHook(outbox: Outbox): TransactionHook {
  return async (connection, { rows, rooms }) => {
    const events = rows.map((row) => ({ ...row, epoch: rooms.get(row.room)?.epoch ?? 0 }))
    await insertOutbox(connection, outbox.rowsFor(events))
  }
}
