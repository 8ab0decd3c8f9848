import type { Policy } from '../policy/policy.ts'
import type { AccountKind, SystemRole } from '../policy/types.ts'
import { readerOf, type Reader } from '../policy/visible.ts'
import type { Marks, RoomState } from '../store/room-states.ts'

/** A user who reads. */
export interface ReadingUser {
  readonly user: string
  readonly userId: number
  readonly role: SystemRole
  readonly kind: AccountKind
}

/** Whether a user may read a room. */
export function mayRead(policy: Policy, reader: ReadingUser, { rules }: RoomState, member: Marks | undefined): boolean {
  const { user: name, userId, role, kind } = reader
  const actor = { userId, name, role, kind, isBanned: false }
  // No rule of reading depends on the time.
  return policy.may('read', { actor, room: rules, member, now: 0 }) === 'yes'
}

/** What a user who may read a room reads of it. Whoever is no member reads what somebody who joins now would. */
export function readerIn(user: ReadingUser, { rules, lastSeq }: RoomState, member: Marks | undefined): Reader {
  return readerOf(user, member ?? { fromSeq: rules.history === 'all' ? 0 : lastSeq + 1 })
}
