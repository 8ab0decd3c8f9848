import { z } from 'zod'
import { isUserName, RULES } from '../protocol/names.ts'
import { AppError } from '../support/errors.ts'
import { MAX_EDITS, MAX_MENTIONS } from '../support/limits.ts'
import type { EventKind } from './kind.ts'
import { ask, isGone, readableRow, refusedBecause } from './ask.ts'

const seq = z.int().min(1)
const userName = z.string().refine(isUserName, { error: `must be ${RULES.user}` })

export interface MessageData {
  readonly replyTo?: number
  readonly mentions?: readonly string[]
  readonly mentionsAll?: boolean
}

const data = z.object({
  replyTo: seq.optional(),
  mentions: z.array(userName).min(1).max(MAX_MENTIONS).optional(),
  mentionsAll: z.literal(true).optional(),
})

/** A text for the people in the room. */
export const MESSAGE: EventKind = {
  name: 'message',
  data,
  counts: true,
  hasText: true,
  people: (event) => (event.data as MessageData | undefined)?.mentions ?? [],
  references: (event) => {
    const replyTo = (event.data as MessageData | undefined)?.replyTo
    return replyTo === undefined ? [] : [replyTo]
  },
  apply: (step) => {
    const { event, room, state } = step
    const { replyTo, mentions = [], mentionsAll = false } = (event.data ?? {}) as MessageData
    const refusal = ask('post', step) ?? (mentionsAll ? ask('mention-all', step) : undefined)
    if (refusal) return refusal
    if (replyTo !== undefined && readableRow(step, replyTo)?.kind !== 'message')
      return new AppError('bad_request', `${replyTo}: must be the seq of a message of this room`, 'replyTo')
    const people = mentions.map((name) => state.person(room.id, name))
    const stranger = mentions[people.findIndex(({ member }) => !member)]
    if (stranger !== undefined)
      return new AppError('bad_request', `"${stranger}" is not a member of this room: leave the name out`, 'mentions')
    const { account: sender } = step.sender
    // Nobody is told of a mention by somebody with whom there is a block; the text is in the room all the same.
    for (const { account } of people)
      if (account && !(sender && state.isBlock(sender.userId, account.userId)))
        state.mention(account.userId, { room: room.id, seq: step.seq, at: room.at })
    // One row, whatever the number of members.
    if (mentionsAll) state.mention(0, { room: room.id, seq: step.seq, at: room.at })
    return undefined
  },
}

/** Another text for a message of the sender. */
export const EDIT: EventKind = {
  name: 'edit',
  hasTarget: true,
  hasText: true,
  // The text is in the row of the message.
  keepsText: false,
  apply: (step) => {
    const { event, room, target, state, seq: editSeq } = step
    const refusal = ask('edit-own', step) ?? ownMessageFault(step)
    if (refusal || !target) return refusal
    if (state.edits(room.id, target.seq) >= MAX_EDITS)
      return refusedBecause(`a message can be edited ${MAX_EDITS} times: send a new one`, 'target')
    state.keepFormerText(target, editSeq)
    state.change(target, { body: event.body, editedAt: room.at, changedSeq: editSeq })
    return undefined
  },
}

/** Takes a message back: nothing of its body is kept. */
export const RECALL: EventKind = {
  name: 'recall',
  hasTarget: true,
  apply: (step) => {
    const { room, target, state } = step
    if (!target) return undefined
    const isOwn = target.sender === step.event.sender
    const refusal = isOwn ? (ask('recall-own', step) ?? ownMessageFault(step)) : othersMessageFault(step)
    if (refusal) return refusal
    state.empty(target, room.at, step.seq)
    return undefined
  },
}

type Step = Parameters<EventKind['apply']>[0]

function ownMessageFault({ event, room, target, isSystem }: Step): AppError | undefined {
  if (target?.kind !== 'message') return notAMessage(event.target)
  if (isGone(target)) return refusedBecause('the message was recalled or has expired', 'target')
  if (isSystem) return undefined
  if (target.sender !== event.sender) return new AppError('forbidden', 'it is a message of another user', 'target')
  const withinSeconds = room.recallWithinSeconds
  if (withinSeconds !== undefined && room.now - target.at > withinSeconds * 1000)
    return refusedBecause(`a message of this room can be changed for ${withinSeconds} s`, 'target')
  return undefined
}

function othersMessageFault(step: Step): ReturnType<EventKind['apply']> {
  const { event, room, target, state } = step
  if (target?.kind !== 'message') return notAMessage(event.target)
  if (isGone(target)) return refusedBecause('the message was recalled or has expired', 'target')
  return ask('recall-others', step, state.person(room.id, target.sender).member)
}

export function notAMessage(target: number | undefined): AppError {
  return new AppError('bad_request', `${target}: must be the seq of a message of this room`, 'target')
}
