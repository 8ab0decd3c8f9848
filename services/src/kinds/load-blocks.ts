import type { PoolConnection } from 'mysql2/promise'
import { SHUT_PEERS } from '../store/blocks.ts'
import { statement, type Row } from '../store/database.ts'
import type { NewEvent } from '../store/new-event.ts'
import type { BatchState } from './state.ts'

/** Reads who of these direct rooms is not heard by the other one. */
export async function loadShutPeers(
  connection: PoolConnection,
  state: BatchState,
  rooms: readonly number[],
): Promise<void> {
  if (rooms.length === 0) return
  const rows = await statement<(Row & { room: number; name: string })[]>(connection, SHUT_PEERS, [rooms])
  for (const { room, name } of rows) state.addShutPeer(room, name)
}

/** Reads the blocks between senders and those whom they mention. The people must have been loaded. */
export async function loadMentionBlocks(
  connection: PoolConnection,
  state: BatchState,
  events: readonly NewEvent[],
): Promise<void> {
  const pairs = events.flatMap(({ room, sender, data }) => {
    const mentions = data?.['mentions']
    const from = state.person(room, sender).account?.userId
    if (!Array.isArray(mentions) || from === undefined) return []
    return mentions.flatMap((name) => {
      const to = state.person(room, String(name)).account?.userId
      if (to === undefined) return []
      return [
        [from, to],
        [to, from],
      ]
    })
  })
  if (pairs.length === 0) return
  const rows = await statement<(Row & { user: number; blocked: number })[]>(
    connection,
    `SELECT user, blocked FROM blocks WHERE ${pairs.map(() => '(user = ? AND blocked = ?)').join(' OR ')}`,
    pairs.flat(),
  )
  for (const { user, blocked } of rows) state.addBlock(user, blocked)
}
