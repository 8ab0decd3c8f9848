import type { ChatAppObject } from '../../cache/chat-app.ts'
import type { Operator } from '../operator.ts'

/** The stored ChatApp. Undefined once it is deleted, since the garbage collector then deletes its children. */
export function load(key: string, { world }: Operator): ChatAppObject | undefined {
  const chatApp = world.chatApp(key)
  return chatApp?.metadata.deletionTimestamp === undefined ? chatApp : undefined
}
