import type { Room } from '../state/chat.ts'

/** The name of a room for the user. */
export const titleOf = ({ peer, title, room }: Room) => peer ?? (title === '' ? room : title)
