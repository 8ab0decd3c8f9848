import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDir } from '@chat-app/sandbox-machine'

const DAY_MS = 86_400_000
/** Archives are large and are written again in a second. Layers take longer and are shared by images. */
const KEPT_DAYS = { archives: 1, blobs: 14, layers: 14, pages: 14 }

/** Removes cached files that were not used for KEPT_DAYS, because each change of a program adds new ones. */
export async function removeUnused(now = Date.now()): Promise<void> {
  for (const [name, days] of Object.entries(KEPT_DAYS)) {
    const folder = cacheDir('images', name)
    for (const file of await readdir(folder).catch((): string[] => [])) {
      const path = join(folder, file)
      const used = await stat(path).catch(() => undefined)
      if (used && used.mtimeMs < now - days * DAY_MS) await rm(path, { force: true })
    }
  }
}
