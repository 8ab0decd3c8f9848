import { z } from 'zod'
import { refusedBecause } from './ask.ts'
import type { EventKind } from './kind.ts'

const data = z.object({ upTo: z.int().min(1) })

/** The texts of all messages up to an event are gone, because they are older than the room keeps them. */
export const EXPIRED: EventKind = {
  name: 'expired',
  data,
  apply: ({ event, room, seq, state, isSystem }) => {
    if (!isSystem) return refusedBecause('only the system lets messages expire', 'kind')
    const { upTo } = event.data as z.infer<typeof data>
    state.expire({ room: room.id, upTo: Math.min(upTo, seq - 1) }, { at: room.at, seq })
    return undefined
  },
}
