import { signal } from '@preact/signals'
import { word } from '../words.ts'
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
/** Undefined until it was read. */
export const config = signal<PageConfig | undefined>(undefined)
export const chat = signal<Chat | undefined>(undefined)
/** Shown above the form of the log-in. */
export const notice = signal('')

/** Goes on with the session of the cookie, or shows the log-in. */
export async function begin(): Promise<void> {
  try {
    await readConfig()
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
  leave('')
  await open?.logOut()
}

/** Deletes the account of the user. @throws ApiError */
export async function deleteAccount(password: string): Promise<void> {
  await chat.value?.deleteAccount(password)
  leave(word('accountDeleted'))
}

/** @param why shown above the form */
function leave(why: string): void {
  noteSession(false)
  chat.value = undefined
  notice.value = why
  stage.value = 'login'
}

async function readConfig(): Promise<PageConfig> {
  if (config.value) return config.value
  const response = await fetch('/app/config.json')
  if (!response.ok) throw new Error(word('noConfig'))
  return (config.value = (await response.json()) as PageConfig)
}

async function enter(session: PageSession): Promise<void> {
  noteSession(true)
  const { websocketUrl } = await readConfig()
  const own = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`
  const opened = new Chat(session, websocketUrl ?? own, () => {
    if (chat.value === opened) chat.value = undefined
    stage.value = 'login'
  })
  chat.value = opened
  stage.value = 'chat'
  await opened.start()
}
