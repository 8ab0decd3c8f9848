import { DIRECT, GROUP, PUBLIC, type Grant, type RoomKind } from './room-kinds.ts'
import type { Account, Action, Member, RoomRules } from './types.ts'

/** `absent`: the answer is that of a room that does not exist, because the user must not learn that this one does. */
export type Verdict = 'yes' | 'absent' | 'forbidden'

export interface Question {
  readonly actor: Account
  readonly room: RoomRules
  /** The membership of the actor; undefined for a user who is not a member. */
  readonly member: Member | undefined
  /** The actor has an invitation to the room. @default false */
  readonly isInvited?: boolean
  /** The invitation or request that the action is about is an invitation by the actor. @default false */
  readonly isInviter?: boolean
  /** Whom the action is about, if it is about a member. */
  readonly subject?: Member | undefined
  /**
   * The other one of a direct room is banned, deleted, or one of the two has blocked the other.
   * @default false
   */
  readonly isPeerShut?: boolean
  /** The database's clock, in milliseconds since 1970. */
  readonly now: number
}

const RANKS: Readonly<Record<Member['role'], number>> = { member: 0, admin: 1, owner: 2 }
/** An administrator of the system stands above the owner of a room. */
const SYSTEM_RANK = 3

/** What a room that has ended still allows. */
const AFTER_THE_END: ReadonlySet<Action> = new Set(['see', 'read', 'leave', 'notify', 'report'])

/** What the other one of a direct room has to hear. A message can always be taken back. */
const TO_THE_PEER: ReadonlySet<Action> = new Set(['post', 'react', 'edit-own', 'pin', 'mention-all'])

/** Whether an action is refused, whoever asks, because the other one of a direct room takes nothing. */
export function isUnheard(action: Action, { isPeerShut = false }: Pick<Question, 'isPeerShut'>): boolean {
  return isPeerShut && TO_THE_PEER.has(action)
}

/** Whether an action is refused, whoever asks, because the room has ended. */
export function isOver(action: Action, { endedAt }: RoomRules): boolean {
  return endedAt !== undefined && !AFTER_THE_END.has(action)
}

/** Who may do what: one table for every way in. What is not granted is refused. */
export class Policy {
  readonly #kinds: ReadonlyMap<string, RoomKind>

  /** @param more kinds of rooms beside `direct`, `group` and `public` */
  constructor(more: readonly RoomKind[] = []) {
    this.#kinds = new Map([DIRECT, GROUP, PUBLIC, ...more].map((kind) => [kind.name, kind]))
  }

  /** The kind of a room; undefined for one that this release does not know. */
  kind(name: string): RoomKind | undefined {
    return this.#kinds.get(name)
  }

  may(action: Action, question: Question): Verdict {
    const kind = this.#kinds.get(question.room.kind)
    if (!kind || question.actor.isBanned || !isGranted(kind.grants.see, question)) return 'absent'
    return isGranted(kind.grants[action], question) && holds(action, question) ? 'yes' : 'forbidden'
  }
}

function isGranted(grants: readonly Grant[], { actor, room, member, isInvited = false }: Question): boolean {
  return grants.some((grant) => {
    switch (grant) {
      case 'anyone':
        return actor.kind === 'user'
      case 'link':
        return actor.kind === 'user' && room.join !== 'invite'
      case 'invited':
        return isInvited
      case 'system-admin':
        return actor.role === 'admin'
      case 'staff':
        return actor.role === 'staff' || actor.role === 'admin'
      default:
        return member !== undefined && RANKS[member.role] >= RANKS[grant]
    }
  })
}

/** The conditions that depend on more than who somebody is. */
function holds(action: Action, question: Question): boolean {
  const { actor, room, member, subject, isInvited = false, isInviter = false, now } = question
  if (isOver(action, room) || isUnheard(action, question)) return false
  const rank = actor.role === 'admin' ? SYSTEM_RANK : member === undefined ? -1 : RANKS[member.role]
  if (subject && action !== 'join' && rank <= RANKS[subject.role]) return false
  switch (action) {
    case 'read':
      return member !== undefined || room.join === 'open'
    case 'join':
      return room.join === 'open' || isInvited
    case 'invite':
      return room.join !== 'invite' || rank >= RANKS.admin
    case 'withdraw':
      return isInviter || rank >= RANKS.admin
    case 'post':
    case 'react':
      if (member?.mutedUntil !== undefined && member.mutedUntil > now) return false
      return action === 'react' || room.post !== 'admins' || rank >= RANKS.admin
    default:
      return true
  }
}
