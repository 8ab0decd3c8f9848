import { existsSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'

/** `.sandbox` in the checkout, or the folder in CHAT_APP_SANDBOX_STATE (on a larger disk, or of a test). */
const STATE = process.env['CHAT_APP_SANDBOX_STATE'] || join(import.meta.dirname, '..', '..', '..', '.sandbox')

export const SIZES = ['api', 'node'] as const
export type Size = (typeof SIZES)[number]

/** Returns the folder of this checkout's sandbox of the size. */
export function sandboxDir(size: Size): string {
  return join(STATE, size)
}

/** Returns the path of the lock that a command holds while it starts or ends a sandbox of this checkout. */
export function sandboxLock(): string {
  return join(STATE, 'sandbox.lock')
}

/** Removes the folder of this checkout's sandboxes if it is empty. */
export function removeStateFolder(): void {
  if (existsSync(STATE) && readdirSync(STATE).length === 0) rmdirSync(STATE)
}
