import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/**
 * Replaces folders below `out` by those of the same names that `make` writes into the folder that it is given. When
 * anything fails, all of them are as they were before; what was made on the way is removed.
 */
export function replaceFolders(out: string, names: readonly string[], make: (folder: string) => void): void {
  mkdirSync(out, { recursive: true })
  // Beside it, so that a rename is all it takes to put a folder in its place.
  const made = mkdtempSync(join(dirname(resolve(out)), `.${basename(resolve(out))}-`))
  const undo: (() => void)[] = []
  try {
    make(made)
    for (const name of names) undo.unshift(replace(join(made, name), join(out, name)))
  } catch (error) {
    for (const step of undo) step()
    throw error
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

/** @returns what puts the folder back that was there */
function replace(from: string, to: string): () => void {
  const old = `${from}.old`
  if (!existsSync(to)) {
    renameSync(from, to)
    return () => rmSync(to, { recursive: true })
  }
  renameSync(to, old)
  const back = () => renameSync(old, to)
  try {
    renameSync(from, to)
  } catch (error) {
    back()
    throw error
  }
  return () => {
    rmSync(to, { recursive: true })
    back()
  }
}
