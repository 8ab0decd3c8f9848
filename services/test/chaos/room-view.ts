import type { ChatEvent } from '../../client/index.ts'

/** A message as a client shows it. */
export interface Shown {
  readonly clientId: string
  readonly sender: string
  body: string
  changedSeq: number
  isEdited: boolean
  isRecalled: boolean
  isPinned: boolean
  readonly reactions: Map<string, number>
}

/** The part of an event that a view needs. */
export type ViewEvent = Pick<
  ChatEvent,
  'seq' | 'kind' | 'sender' | 'clientId' | 'body' | 'target' | 'data' | 'changedSeq' | 'reactions'
> & { readonly editedAt?: unknown; readonly recalledAt?: unknown; readonly pinnedAt?: unknown }

/** The messages of a room, kept as docs/protocol.md asks of a client. */
export class RoomView {
  readonly messages = new Map<number, Shown>()

  apply(event: ViewEvent): void {
    if (event.kind === 'message') return void this.messages.set(event.seq, shownOf(event))
    const message = event.target === undefined ? undefined : this.messages.get(event.target)
    if (!message || event.seq <= message.changedSeq) return
    message.changedSeq = event.seq
    change(message, event)
  }

  /** Forgets the messages before this number. */
  dropBefore(seq: number): void {
    // A Map has its keys in the order in which they were added, which is that of the numbers.
    for (const known of this.messages.keys()) {
      if (known >= seq) return
      this.messages.delete(known)
    }
  }
}

function shownOf(event: ViewEvent): Shown {
  const { seq, clientId, sender, body, changedSeq = seq, reactions = {} } = event
  return {
    clientId,
    sender,
    body,
    changedSeq,
    isEdited: event.editedAt !== undefined,
    isRecalled: event.recalledAt !== undefined,
    isPinned: event.pinnedAt !== undefined,
    reactions: new Map(Object.entries(reactions)),
  }
}

function change(message: Shown, { kind, body, data, recalledAt }: ViewEvent): void {
  switch (kind) {
    case 'edit':
      message.body = body
      message.isEdited = true
      if (recalledAt !== undefined) empty(message)
      return
    case 'recall':
      return empty(message)
    case 'reaction': {
      const { reaction, change } = data as { reaction: string; change: 'add' | 'remove' }
      const count = (message.reactions.get(reaction) ?? 0) + (change === 'add' ? 1 : -1)
      if (count > 0) message.reactions.set(reaction, count)
      else message.reactions.delete(reaction)
      return
    }
    case 'pin':
      message.isPinned = data?.['change'] === 'add'
  }
}

function empty(message: Shown): void {
  message.body = ''
  message.isRecalled = true
  message.isPinned = false
  message.reactions.clear()
}

/** In words, for a comparison. The order of reactions means nothing. */
export function wordsOf({ clientId, sender, body, isEdited, isRecalled, isPinned, reactions }: Shown): string {
  const marks = [isEdited && 'edited', isRecalled && 'recalled', isPinned && 'pinned'].filter(Boolean)
  const given = [...reactions].toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `${clientId} of ${sender}: ${JSON.stringify(body)} [${marks.join(', ')}] {${given.map(([sign, count]) => `${sign} ${count}`).join(', ')}}`
}
