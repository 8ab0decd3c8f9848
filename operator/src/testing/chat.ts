import '@chat-app/sandbox-cluster/testing'
import { inject, test as base } from 'vitest'
import { makeChat, type Chat } from './namespace.ts'

export { eventually } from '@chat-app/testing'
export { Chat, makeChat, readyChat } from './namespace.ts'

/** `test` with a namespace of its own and everything in it, and with `other` a second one: `test('...', async ({ chat }) => { ... })`. */
export const test = base.extend<{ chat: Chat; other: Chat }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern to know what a fixture needs
  chat: async ({}, use) => withChat(use),
  // oxlint-disable-next-line no-empty-pattern -- the same
  other: async ({}, use) => withChat(use),
})

async function withChat(use: (chat: Chat) => Promise<void>): Promise<void> {
  const chat = await makeChat(inject('kubeconfig'))
  await use(chat)
  await chat.end()
}
