import { z } from 'zod'
import { clientId, count, room } from './fields.ts'

/** The answer to an operation that stores an event. */
export const stored = z.object({ room, clientId, epoch: count, seq: count, at: count })

/** The same over a WebSocket, as every release answers it. */
export const ack = { type: 'ack', fields: stored.omit({ at: true }) }
