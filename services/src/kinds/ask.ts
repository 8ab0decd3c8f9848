import { isOver, isUnheard } from '../policy/policy.ts'
import type { Account, Action, Member, RoomRules } from '../policy/types.ts'
import { readerOf, visible } from '../policy/visible.ts'
import type { RoomAct } from '../store/audit.ts'
import type { Refusal } from '../store/new-event.ts'
import type { EventRow } from '../store/event-rows.ts'
import { AppError } from '../support/errors.ts'
import type { Step } from './kind.ts'

/** What a user reads who may not do something. */
const REASONS: Readonly<Record<Action, string>> = {
  see: 'you may not see this room',
  read: 'join the room first',
  join: 'this room is closed: ask a member to invite you',
  leave: 'you are not a member of this room',
  notify: 'you are not a member of this room',
  post: 'you may not write in this room now: you are muted, not a member, or only its admins write',
  react: 'you may not react in this room now: you are muted or not a member',
  report: 'you are not a member of this room',
  'edit-own': 'you are not a member of this room',
  'recall-own': 'you are not a member of this room',
  'recall-others': 'only an admin of the room recalls messages of others, and not of an equal or higher role',
  pin: 'only an admin of the room pins messages',
  'mention-all': 'only an admin of the room mentions everyone',
  invite: 'only an admin of the room invites to it',
  approve: 'only an admin of the room lets others in',
  withdraw: 'only an admin of the room, or the member who has invited, ends an invitation',
  mute: 'only an admin of the room mutes members, and not those of an equal or higher role',
  remove: 'only an admin of the room removes members, and not those of an equal or higher role',
  roles: 'only who has a higher role changes a role',
  settings: 'only the owner of the room changes its settings',
  end: 'only the owner of the room ends it',
}

/** Asks the policy. Returns the refusal; undefined if the sender may do it. @param subject whom it is about */
export function ask(action: Action, step: Step, subject?: Member): Refusal | undefined {
  if (step.isSystem) return undefined
  const { account, member, isInvited } = step.sender
  if (!account) return 'no-room'
  const { rules: room, now } = step.room
  const isPeerShut = step.state.isPeerShut(step.room.id, account.name)
  const question = { actor: account, room, member, isInvited, isPeerShut, subject, now }
  const verdict = step.state.policy.may(action, question)
  if (verdict === 'yes') {
    const asUser = { ...question, actor: { ...account, role: 'user' as const } }
    if (account.role === 'admin' && step.state.policy.may(action, asUser) !== 'yes')
      step.state.audit(actOf(step, account, action))
    return undefined
  }
  if (verdict === 'absent') return 'no-room'
  return isUnheard(action, { isPeerShut }) ? takesNothing() : forbidden(action, room)
}

function actOf({ room, seq, event }: Step, { userId, name: user }: Account, action: Action): RoomAct {
  const { kind, target, data } = event
  return { userId, user, action, room: room.id, seq, after: { seq, kind, target, ...data } }
}

/** In the same words for somebody who is banned, was deleted, blocks the user or is blocked. */
export function takesNothing(): AppError {
  return new AppError('forbidden', 'this user takes no messages from you', 'room')
}

/** @param room says that it has ended, if that is the reason */
export function forbidden(action: Action, room: RoomRules): AppError {
  const reason = isOver(action, room) ? 'this room has ended: it can only be read' : REASONS[action]
  return new AppError('forbidden', reason, 'room')
}

export function refusedBecause(message: string, field: string): AppError {
  return new AppError('refused', message, field)
}

/** The event of this number, if the room has it and the sender may read it. */
export function readableRow(
  { state, room, sender, isSystem }: Omit<Step, 'target'>,
  seq: number,
): EventRow | undefined {
  const row = state.row(room.id, seq)
  if (!row || isSystem) return row
  const { userId = -1, role = 'user' } = sender.account ?? {}
  const reader = readerOf({ user: '', userId, role }, { fromSeq: sender.member?.fromSeq ?? 0 })
  return visible({ seq, audience: row.audience, target: row.target ?? seq }, reader) ? row : undefined
}

/** Whether the body of a message is gone. */
export function isGone({ recalledAt, expiredAt }: EventRow): boolean {
  return recalledAt !== null || expiredAt !== null
}
