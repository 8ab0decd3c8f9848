/** What somebody may do in a room. */
export type Action =
  | 'see'
  | 'read'
  | 'join'
  | 'leave'
  | 'notify'
  | 'post'
  | 'react'
  | 'report'
  | 'edit-own'
  | 'recall-own'
  | 'recall-others'
  | 'pin'
  | 'mention-all'
  | 'invite'
  | 'approve'
  | 'withdraw'
  | 'mute'
  | 'remove'
  | 'roles'
  | 'settings'
  | 'end'

export type SystemRole = 'user' | 'staff' | 'admin'
export type AccountKind = 'user' | 'visitor' | 'bot'
export type MemberRole = 'member' | 'admin' | 'owner'

/** Who acts. */
export interface Account {
  readonly userId: number
  readonly name: string
  readonly role: SystemRole
  readonly kind: AccountKind
  /** Banned now, or deleted. */
  readonly isBanned: boolean
}

/** A user's membership of one room. */
export interface Member {
  readonly role: MemberRole
  /** Milliseconds since 1970, by the database's clock; undefined: not muted. */
  readonly mutedUntil?: number | undefined
  /** The first event that the member may read. */
  readonly fromSeq: number
}

/** The properties of a room that decide who may do what. */
export interface RoomRules {
  readonly kind: string
  readonly join: 'open' | 'request' | 'invite'
  readonly post: 'everyone' | 'admins'
  readonly history: 'all' | 'since-joining'
  /** Milliseconds since 1970; undefined: it has not ended. */
  readonly endedAt?: number | undefined
}
