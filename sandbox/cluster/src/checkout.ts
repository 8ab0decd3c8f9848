import { existsSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'

/** `.sandbox` of the checkout; CHAT_APP_SANDBOX_STATE names another place (a disk with more room, a test's folder). */
const STATE = process.env['CHAT_APP_SANDBOX_STATE'] || join(import.meta.dirname, '..', '..', '..', '.sandbox')

export const SIZES = ['api', 'node'] as const
export type Size = (typeof SIZES)[number]

/** Folder of this checkout's sandbox of a size; other checkouts have their own. */
export function sandboxDir(size: Size): string {
  return join(STATE, size)
}

/** Path of the lock that commands which start or end a sandbox of this checkout take. */
export function sandboxLock(): string {
  return join(STATE, 'sandbox.lock')
}

/** Removes the folder of all sandboxes of this checkout when none is left. */
export function removeStateFolder(): void {
  if (existsSync(STATE) && readdirSync(STATE).length === 0) rmdirSync(STATE)
}
