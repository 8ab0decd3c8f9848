import type { Policy } from '../policy/policy.ts'
import type { AccountKind, SystemRole } from '../policy/types.ts'
import type { Marks, RoomState } from '../store/room-states.ts'

/** A user who reads. Tokens of the release before have a name alone. */
export interface ReadingUser {
  readonly user: string
  readonly userId?: number
  readonly role?: SystemRole
  readonly kind?: AccountKind
}

/** Whether a user may read a room. */
export function mayRead(policy: Policy, reader: ReadingUser, { rules }: RoomState, member: Marks | undefined): boolean {
  const { user: name, userId = 0, role = 'user', kind = 'user' } = reader
  const actor = { userId, name, role, kind, isBanned: false }
  // No rule of reading depends on the time.
  return policy.may('read', { actor, room: rules, member, now: 0 }) === 'yes'
}
