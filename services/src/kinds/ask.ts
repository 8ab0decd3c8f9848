import type { Action, Member } from '../policy/types.ts'
import { readerOf, visible } from '../policy/visible.ts'
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
  post: 'you may not write in this room now: you are muted, not a member, or only its admins write',
  react: 'you may not react in this room now: you are muted or not a member',
  'change-own': 'you are not a member of this room',
  'recall-others': 'only an admin of the room recalls messages of others, and not of an equal or higher role',
  pin: 'only an admin of the room pins messages',
  'mention-all': 'only an admin of the room mentions everyone',
  invite: 'only an admin of the room invites to it',
  approve: 'only an admin of the room lets others in',
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
  const verdict = step.state.policy.may(action, { actor: account, room, member, isInvited, subject, now })
  if (verdict === 'yes') return undefined
  return verdict === 'absent' ? 'no-room' : forbidden(action)
}

export function forbidden(action: Action): AppError {
  return new AppError('forbidden', REASONS[action], 'room')
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
