import { z } from 'zod'
import { MAX_EXPIRED_EVENTS } from '../support/limits.ts'
import { refusedBecause } from './ask.ts'
import type { EventKind } from './kind.ts'

const data = z.object({ from: z.int().min(1), upTo: z.int().min(1) })

type Range = z.infer<typeof data>

const rangeOf = (value: unknown): number[] => {
  const { from, upTo } = value as Range
  const count = Math.min(upTo - from + 1, MAX_EXPIRED_EVENTS)
  return count < 1 ? [] : Array.from({ length: count }, (_, index) => from + index)
}

/** The bodies of the messages of a range are gone, because they are older than the room keeps them. */
export const EXPIRED: EventKind = {
  name: 'expired',
  data,
  references: (event) => rangeOf(event.data),
  apply: ({ event, room, seq, state, isSystem }) => {
    if (!isSystem) return refusedBecause('only the system lets messages expire', 'kind')
    const { from, upTo } = event.data as Range
    if (upTo < from || upTo - from >= MAX_EXPIRED_EVENTS)
      return refusedBecause(`must be a range of 1 to ${MAX_EXPIRED_EVENTS} events`, 'data')
    room.expiredSeq = Math.max(room.expiredSeq, upTo)
    for (const number of rangeOf(event.data)) {
      const row = state.row(room.id, number)
      if (row?.kind !== 'message') continue
      if (row.recalledAt === null && row.expiredAt === null) state.empty(row, { expiredAt: room.at }, seq)
      if (row.messageNo !== null) room.expiredNo = Math.max(room.expiredNo, row.messageNo)
    }
    return undefined
  },
}
