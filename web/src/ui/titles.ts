import type { Chat } from '../state/chat.ts'
import type { Room } from '../state/rooms.ts'

/** The name of a room for the user: of a direct room, what the other one is called. */
export function titleOf({ people }: Chat, { peer, title, room }: Room): string {
  if (peer !== undefined) return people.nameOf(peer)
  return title === '' ? room : title
}
