import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { volumeFolders } from '../objects.ts'

export interface VolumesRequest {
  readonly dir: string
  /** Names of volumes that no pod uses. */
  readonly names: readonly string[]
}

/** Removes the files in these volumes; unknown names are ignored. Needs root, because the pods' users own the files. */
export function emptyVolumes({ dir, names }: VolumesRequest): void {
  for (const folder of volumeFolders(dir).filter((path) => names.includes(basename(path)))) {
    for (const entry of readdirSync(folder)) rmSync(join(folder, entry), { recursive: true, force: true })
  }
}
