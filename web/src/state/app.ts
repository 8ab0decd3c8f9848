import { signal } from '@preact/signals'
import { Chat } from './chat.ts'
import { hasSession, noteSession } from './drafts.ts'
import { PageSession, type NewUser } from './session.ts'

/** What the server tells pages before a log-in. */
interface PageConfig {
  /** Where connections are opened; absent for `/ws` of the address of the page. */
  readonly websocketUrl?: string
  /** Who may register; absent for everyone. */
  readonly registration?: 'open' | 'invitation' | 'off'
}

export type Stage = 'starting' | 'login' | 'chat'

export const stage = signal<Stage>('starting')
export const config = signal<PageConfig>({})
export const chat = signal<Chat | undefined>(undefined)
/** Shown above the form of the log-in. */
export const notice = signal('')

/** Goes on with the session of the cookie, or shows the log-in. */
export async function begin(): Promise<void> {
  try {
    config.value = (await (await fetch('/app/config.json')).json()) as PageConfig
    const session = hasSession() ? await PageSession.resume() : undefined
    if (session) return await enter(session)
  } catch (error) {
    notice.value = (error as Error).message
  }
  stage.value = 'login'
}

/** Logs in, or registers first, and opens the chat. @throws ApiError */
export async function logIn(how: 'login' | 'register', user: NewUser): Promise<void> {
  await enter(await PageSession.open(how, user))
}

export async function logOut(): Promise<void> {
  const open = chat.value
  noteSession(false)
  chat.value = undefined
  stage.value = 'login'
  await open?.logOut()
}

async function enter(session: PageSession): Promise<void> {
  noteSession(true)
  const { websocketUrl } = config.value
  const own = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`
  const opened = new Chat(session, websocketUrl ?? own, () => {
    if (chat.value === opened) chat.value = undefined
    stage.value = 'login'
  })
  chat.value = opened
  stage.value = 'chat'
  await opened.start()
}
