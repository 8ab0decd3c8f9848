import type { Operator } from '../operator.ts'
import type { ChatAppObject } from '../../cache/world.ts'

/** The ChatApp as it was last seen; none when it is gone or going, for then its children are the garbage collector's. */
export function load(key: string, { world }: Operator): ChatAppObject | undefined {
  const chatApp = world.chatApp(key)
  return chatApp?.metadata.deletionTimestamp === undefined ? chatApp : undefined
}
