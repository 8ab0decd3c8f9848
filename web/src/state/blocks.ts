import { signal } from '@preact/signals'
import type { PageSession } from './session.ts'

/** Whom the user has blocked. */
export class Blocks {
  readonly users = signal<ReadonlySet<string>>(new Set())
  readonly #call: PageSession['call']

  constructor(call: PageSession['call']) {
    this.#call = call
  }

  /** @throws ApiError */
  async load(): Promise<void> {
    const users = new Set<string>()
    let cursor: string | undefined
    do {
      const query = cursor === undefined ? '' : `&cursor=${cursor}`
      const page = await this.#call<{ blocks: readonly { user: string }[]; next?: string }>(
        'GET',
        `/api/chat/blocks?limit=200${query}`,
      )
      for (const { user } of page.blocks) users.add(user)
      cursor = page.next
    } while (cursor !== undefined)
    this.users.value = users
  }

  /** Blocks a user, or ends the block. @throws ApiError */
  async change(user: string, isBlocked: boolean): Promise<void> {
    if (isBlocked) await this.#call('POST', '/api/chat/blocks', { user })
    else await this.#call('POST', `/api/chat/blocks/${encodeURIComponent(user)}/remove`, {})
    const users = new Set(this.users.value)
    if (isBlocked) users.add(user)
    else users.delete(user)
    this.users.value = users
  }
}
