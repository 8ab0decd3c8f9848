import type { Audience } from '../protocol/events.ts'
import type { Marks, RoomState } from '../store/room-states.ts'

/** Who reads a room. */
export interface Reader {
  /** Undefined for a user who is not registered. */
  readonly userId: number | undefined
  readonly isStaff: boolean
  /** The first event that the reader may see. */
  readonly fromSeq: number
}

/** Whether a user may read a room: its members, and everyone where anyone may join. */
export function mayRead({ kind, join }: Pick<RoomState, 'kind' | 'join'>, member: Marks | undefined): boolean {
  return member !== undefined || (kind === 'public' && join === 'open')
}

/** Whether an event, and what it changes, is for this reader. */
export function isVisible(
  { seq, target, audience = 'all' }: { seq: number; target?: number; audience?: Audience },
  { userId, isStaff, fromSeq }: Reader,
): boolean {
  if (seq < fromSeq || (target !== undefined && target < fromSeq)) return false
  if (audience === 'all') return true
  return audience === 'staff' ? isStaff : audience === `user:${userId}`
}
