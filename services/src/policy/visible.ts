import type { Addressed, Audience } from '../protocol/events.ts'

/** Somebody who reads the events of a room. */
export interface Reader {
  readonly userId: number
  readonly isStaff: boolean
  /** The first event that they may read. */
  readonly fromSeq: number
}

/**
 * Whether somebody may read an event: they are in its audience, and neither the event nor the one that it changes is
 * from before their first one. Whoever may not gets its number alone.
 */
export function visible({ seq, audience = 'all', target = seq }: Addressed, reader: Reader): boolean {
  return seq >= reader.fromSeq && target >= reader.fromSeq && (audience === 'all' || isIn(audience, reader))
}

/** The audiences that somebody is in, for a query: those for which `visible` holds. */
export function audiencesOf({ userId, isStaff }: Reader): Audience[] {
  return ['all', `user:${userId}`, ...(isStaff ? (['staff'] as const) : [])]
}

/** An audience that this release does not know is nobody. */
function isIn(audience: Audience, { userId, isStaff }: Reader): boolean {
  return audience === 'staff' ? isStaff : audience === `user:${userId}`
}

/** Whoever reads as a member. Tokens of the release before have neither an account's number nor its role. */
export function readerOf(
  { userId = 0, role = 'user' }: { readonly user: string; readonly userId?: number; readonly role?: string },
  { fromSeq }: { readonly fromSeq: number },
): Reader {
  return { userId, isStaff: role === 'staff' || role === 'admin', fromSeq }
}
