import { z } from 'zod'
import { isProbeName, isUserName, RULES } from '../protocol/names.ts'
import type { Account, Member } from '../policy/types.ts'
import type { Refusal } from '../store/new-event.ts'
import { AppError } from '../support/errors.ts'
import { ask, forbidden, refusedBecause } from './ask.ts'
import type { EventKind, Step } from './kind.ts'
import type { MemberPerson, Person } from './state.ts'

const user = z.string().refine((value) => isUserName(value) || isProbeName(value), { error: `must be ${RULES.user}` })

const data = z.discriminatedUnion('change', [
  z.object({ user, change: z.enum(['joined', 'left', 'removed']) }),
  // succeeds: the owner who was banned or deleted.
  z.object({ user, change: z.literal('role'), role: z.enum(['member', 'admin', 'owner']), succeeds: user.optional() }),
  // 0 ends it.
  z.object({ user, change: z.literal('muted'), mutedUntil: z.int().min(0) }),
])

export type MemberData = z.infer<typeof data>

/** Someone became a member, is one no longer, or has another role. */
export const MEMBER: EventKind = {
  name: 'member',
  data,
  people: (event) => [(event.data as MemberData).user],
  apply: (step) => {
    const change = step.event.data as MemberData
    const subject = step.state.person(step.room.id, change.user)
    if (!subject.account) return new AppError('bad_request', `"${change.user}" is not a user: check the name`, 'user')
    if (change.change === 'joined') return joined(step, subject, subject.account)
    if (!subject.member)
      return ask('see', step) ?? refusedBecause(`"${change.user}" is not a member of this room`, 'user')
    return CHANGES[change.change](step, { ...subject, account: subject.account, member: subject.member }, change)
  },
}

const CHANGES: Readonly<
  Record<
    Exclude<MemberData['change'], 'joined'>,
    (step: Step, subject: MemberPerson, data: MemberData) => Refusal | undefined
  >
> = {
  left: (step, { account, member }) => {
    const refusal = ask('leave', step)
    if (refusal) return refusal
    if (account.name !== step.event.sender) return forbidden('leave', step.room.rules)
    if (isNeeded(step, member)) return refusedBecause('you own this room: make another member its owner first', 'user')
    end(step, account)
    return undefined
  },
  removed: (step, { account, member }) => {
    const refusal = ask('remove', step, member)
    if (refusal) return refusal
    // An administrator of the system may make another member the owner.
    if (isNeeded(step, member)) return ownerFirst(account)
    end(step, account)
    step.state.tell({ user: account.userId, kind: 'removed', room: step.room.id, seq: step.seq })
    return undefined
  },
  muted: (step, { account, member }, change) => {
    const refusal = ask('mute', step, member)
    if (refusal || change.change !== 'muted') return refusal
    const mutedUntil = change.mutedUntil === 0 ? undefined : change.mutedUntil
    put(step, account, { ...member, mutedUntil })
    return undefined
  },
  role: (step, { account, member }, change) => {
    if (change.change !== 'role') return undefined
    const refusal = ask('roles', step, member) ?? successionFault(step, account, change.succeeds)
    if (refusal) return refusal
    if (member.role === 'owner' && change.role !== 'owner') return ownerFirst(account)
    const actor = step.sender
    const isOwner = step.isSystem || actor.account?.role === 'admin' || actor.member?.role === 'owner'
    // Nobody gives what is not below the own role; an owner hands the room over.
    if (!isOwner && change.role !== 'member') return forbidden('roles', step.room.rules)
    // Whoever hands the room over.
    const owners = change.role === 'owner' ? step.state.owners(step.room.id) : []
    for (const owner of owners)
      if (owner.account.name !== account.name) put(step, owner.account, { ...owner.member, role: 'admin' })
    put(step, account, { ...member, role: change.role })
    return undefined
  },
}

/** The user joins, or an admin of the room lets the user in. */
function joined(step: Step, subject: Person, account: Account): Refusal | undefined {
  const { room, state, seq } = step
  const isSelf = account.name === step.event.sender
  const refusal = ask(isSelf ? 'join' : 'approve', step)
  if (refusal) return refusal
  if (subject.member) return refusedBecause(`"${account.name}" is a member of this room already`, 'user')
  if (account.isBanned) return refusedBecause(`"${account.name}" is banned`, 'user')
  if (room.maxMembers !== undefined && state.members(room.id) >= room.maxMembers)
    return refusedBecause(`this room has at most ${room.maxMembers} members`, 'room')
  put(step, account, { role: 'member', fromSeq: room.rules.history === 'all' ? 0 : seq })
  state.settleInvitation(room.id, account)
  state.tell({ user: account.userId, kind: 'room', room: room.id, seq })
  return undefined
}

/** A room has another owner if its own one is banned or deleted at the time of the event. */
function successionFault(
  { state, room, isSystem }: Step,
  heir: Account,
  name: string | undefined,
): Refusal | undefined {
  if (name === undefined) return undefined
  const { account, member } = state.person(room.id, name)
  if (!isSystem) return refusedBecause('only the system names a successor', 'succeeds')
  if (member?.role !== 'owner' || account?.isBanned !== true)
    return refusedBecause(`"${name}" owns this room and may act, or does not own it`, 'succeeds')
  return heir.isBanned ? refusedBecause(`"${heir.name}" is banned`, 'user') : undefined
}

/** Others would be left in a room that has not ended, without its owner. */
function isNeeded({ room, state }: Step, { role }: Member): boolean {
  return role === 'owner' && room.rules.endedAt === undefined && state.members(room.id) > 1
}

function ownerFirst({ name }: Account): AppError {
  return refusedBecause(`"${name}" owns this room: make another member its owner first`, 'user')
}

/** An invitation that is left over would let the user in again. */
function end({ room, state }: Step, user: Account): void {
  state.removeMember(room.id, user.name)
  state.settleInvitation(room.id, user)
}

function put({ room, state, seq }: Step, user: Account, member: Member): void {
  state.putMember({
    room: room.id,
    user,
    member,
    joinedAt: room.at,
    readSeq: seq,
    readNo: room.lastMessageNo,
  })
}
