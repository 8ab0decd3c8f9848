import type { ChatEvent, Cursor } from '../../client/index.ts'
import type { ChatRoom } from './chat-room.ts'
import { RoomView } from './room-view.ts'

/** What one client has received of one room since it joined it. */
export class Seat {
  readonly room: ChatRoom
  readonly user: string
  readonly view = new RoomView()
  /** The position where the events begin; undefined until the room is joined. */
  start: Cursor | undefined
  /** The user was removed, or has left. */
  isEnded = false
  /** Since the last comparison. */
  events: Pick<ChatEvent, 'epoch' | 'seq' | 'clientId' | 'sender' | 'kind'>[] = []

  constructor(room: ChatRoom, user: string) {
    this.room = room
    this.user = user
  }

  get lastSeq(): number {
    return this.events.at(-1)?.seq ?? this.start?.seq ?? 0
  }

  /** @returns what is wrong with the event, in words; undefined if nothing is */
  receive(event: ChatEvent): string | undefined {
    const { epoch, seq, clientId, sender, kind } = event
    const where = `the event ${seq} (${kind} ${clientId} of ${sender}) of the room ${this.room.slug}`
    if (this.isEnded) return `${this.user} received ${where} after the end of the membership`
    if (this.start && epoch !== this.start.epoch)
      return `${this.user} received ${where} with the epoch ${epoch} and not ${this.start.epoch}`
    if (this.start && seq <= this.lastSeq)
      return `${this.user} received ${where} after the event ${this.lastSeq}: ${this.events.some((one) => one.seq === seq) ? 'a second time' : 'out of order'}`
    this.events.push({ epoch, seq, clientId, sender, kind })
    this.view.apply(event)
    return undefined
  }
}
