import { z } from 'zod'
import { textFault } from '../protocol/text.ts'
import { AppError } from '../support/errors.ts'
import { MAX_REACTION_BYTES, MAX_REACTION_KINDS } from '../support/limits.ts'
import { ask, isGone, refusedBecause } from './ask.ts'
import type { EventKind } from './kind.ts'
import { notAMessage } from './message.ts'

const RULE = `must be an emoji or a short name without spaces, 1 to ${MAX_REACTION_BYTES} bytes`

const reaction = z.string(RULE).refine(
  (value) => {
    const bytes = Buffer.byteLength(value)
    return (
      bytes > 0 &&
      bytes <= MAX_REACTION_BYTES &&
      !/\s/u.test(value) &&
      textFault(value, { hasLines: false }) === undefined
    )
  },
  { error: RULE },
)

const data = z.object({ reaction, change: z.enum(['add', 'remove']) })

/** A sign on a message. */
export const REACTION: EventKind = {
  name: 'reaction',
  data,
  hasTarget: true,
  apply: (step) => {
    const { event, room, target, state, sender, seq } = step
    const refusal = ask('react', step)
    if (refusal) return refusal
    if (target?.kind !== 'message') return notAMessage(event.target)
    if (isGone(target)) return refusedBecause('the message was recalled or has expired', 'target')
    const { reaction: sign, change } = event.data as z.infer<typeof data>
    const user = sender.account?.userId
    if (user === undefined) return 'no-room'
    const isAdded = change === 'add'
    if (state.hasReaction(room.id, target.seq, sign, user) === isAdded)
      return refusedBecause(
        isAdded ? 'you have given this reaction already' : 'you have not given this reaction',
        'reaction',
      )
    const kinds = Object.keys(target.reactions ?? {})
    if (isAdded && kinds.length >= MAX_REACTION_KINDS && !kinds.includes(sign))
      return refusedBecause(
        `a message has at most ${MAX_REACTION_KINDS} kinds of reactions: use one of them`,
        'reaction',
      )
    state.changeReaction(target, { reaction: sign, user, isAdded, seq })
    return undefined
  },
}

const pinData = z.object({ change: z.enum(['add', 'remove']) })

/** Marks a message of the room as important. */
export const PIN: EventKind = {
  name: 'pin',
  data: pinData,
  hasTarget: true,
  apply: (step) => {
    const { event, room, target, state, seq } = step
    const refusal = ask('pin', step)
    if (refusal) return refusal
    if (target?.kind !== 'message') return notAMessage(event.target)
    if (isGone(target)) return refusedBecause('the message was recalled or has expired', 'target')
    const isAdded = (event.data as z.infer<typeof pinData>).change === 'add'
    if ((target.pinnedAt !== null) === isAdded)
      return new AppError('refused', isAdded ? 'the message is pinned already' : 'the message is not pinned', 'target')
    state.change(target, { pinnedAt: isAdded ? room.at : null, changedSeq: seq })
    return undefined
  },
}
