import { CHILDREN } from '@chat-app/chat/resources'
import type { Chat } from '@chat-app/operator/testing/namespace'

/** The objects that ChatApps own so far. */
export interface Created {
  readonly objects: number
  /** When the newest of them was told of, by `performance.now()`. */
  readonly newestAt: number
}

/** Watches what ChatApps own. Returns a function that tells what there is. */
export async function followCreated(chat: Chat, chatApps: readonly string[]): Promise<() => Created> {
  const names = new Set<string>()
  let newestAt = 0
  for (const resource of CHILDREN)
    await chat.follow(resource, ({ metadata: { name } }) => {
      const key = `${resource.plural}/${name}`
      if (names.has(key) || !chatApps.some((chatApp) => name.startsWith(`${chatApp}-`))) return
      names.add(key)
      newestAt = performance.now()
    })
  return () => ({ objects: names.size, newestAt })
}
