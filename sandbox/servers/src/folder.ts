import { mkdtempSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folders = new Set<string>()

/**
 * Creates a folder for a server's files. If it still exists when this process ends, such as after a failed start, it is
 * removed.
 */
export function makeFolder(server: string): string {
  const folder = mkdtempSync(join(tmpdir(), `chat-${server}-`))
  folders.add(folder)
  return folder
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  folders.delete(folder)
}

/** Removes all remaining folders. The servers must have ended. */
export function removeFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 })
}
