import { ChatClient, signToken } from '../../client/index.ts'
import { JWT_SECRET } from '../service.ts'
import type { ChatRoom } from './chat-room.ts'
import type { Choice } from './choice.ts'
import type { Stage } from './participant.ts'

/** A member who looks at the list of rooms alone: joins none, and is told of all. */
export class Follower {
  readonly user: string
  readonly client: ChatClient
  /** What was told last of each room. */
  readonly told = new Map<string, { readonly seq: number; readonly unread: number | undefined }>()

  constructor(stage: Stage, user: string, choice: Choice) {
    this.user = user
    this.client = new ChatClient(() => stage.world.websocketUrl(choice), {
      token: () => signToken(JWT_SECRET, user),
      retryMs: { first: 50, most: 1000 },
    })
    this.client.on('room', ({ room, seq, unread, reset }) => {
      if (reset) stage.findings.note(`${user} was told that the position in ${room} is invalid`)
      this.told.set(room, { seq, unread: unread ?? this.told.get(room)?.unread })
    })
  }

  follow(rooms: readonly ChatRoom[]): void {
    this.client.follow(rooms.map(({ slug }) => [slug, undefined] as const))
  }
}
