import type { Action, MemberRole } from './types.ts'

/**
 * Who is allowed. `member`, `admin` and `owner` include the higher roles of the room. `anyone`: every user who is logged
 * in, but visitors and bots. `link`: whoever knows the name of a room that is not closed. `staff` and `system-admin` are
 * roles of the account.
 */
export type Grant = MemberRole | 'anyone' | 'link' | 'invited' | 'staff' | 'system-admin'

/** A kind of rooms: who may do what. Further kinds are registered with the policy. */
export interface RoomKind {
  readonly name: string
  readonly grants: Readonly<Record<Action, readonly Grant[]>>
  /** Whether its events may be for the staff or one user alone. */
  readonly hasAudiences: boolean
}

const NOBODY: readonly Grant[] = []

/** Two people. */
export const DIRECT: RoomKind = {
  name: 'direct',
  hasAudiences: false,
  grants: {
    see: ['member', 'system-admin'],
    read: ['member'],
    join: NOBODY,
    leave: NOBODY,
    notify: ['member'],
    post: ['member'],
    react: ['member'],
    report: ['member'],
    'edit-own': ['member'],
    'recall-own': ['member'],
    'recall-others': NOBODY,
    pin: ['member'],
    'mention-all': ['member'],
    invite: NOBODY,
    approve: NOBODY,
    withdraw: NOBODY,
    mute: NOBODY,
    remove: NOBODY,
    roles: NOBODY,
    settings: NOBODY,
    end: NOBODY,
  },
}

/** A private room. */
export const GROUP: RoomKind = {
  name: 'group',
  hasAudiences: false,
  grants: {
    see: ['member', 'invited', 'link', 'system-admin'],
    read: ['member'],
    join: ['invited', 'link'],
    leave: ['member'],
    notify: ['member'],
    post: ['member'],
    react: ['member'],
    report: ['member'],
    'edit-own': ['member'],
    'recall-own': ['member'],
    'recall-others': ['admin', 'system-admin'],
    pin: ['admin', 'system-admin'],
    'mention-all': ['admin'],
    invite: ['member', 'system-admin'],
    approve: ['admin', 'system-admin'],
    withdraw: ['member', 'system-admin'],
    mute: ['admin', 'system-admin'],
    remove: ['admin', 'system-admin'],
    roles: ['admin', 'system-admin'],
    settings: ['owner', 'system-admin'],
    end: ['owner', 'system-admin'],
  },
}

/** A room that everyone sees. */
export const PUBLIC: RoomKind = {
  name: 'public',
  hasAudiences: false,
  grants: {
    ...GROUP.grants,
    see: ['anyone', 'member', 'invited', 'system-admin'],
    read: ['anyone', 'member'],
    join: ['anyone', 'invited'],
    roles: ['owner', 'system-admin'],
    end: ['system-admin'],
  },
}
