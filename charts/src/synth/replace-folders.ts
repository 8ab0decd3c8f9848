import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/**
 * Replaces folders below `out` by those of the same names that `make` writes into the folder that it is given. When
 * anything fails, all of them are as they were before; what was made on the way is removed.
 *
 * @throws the error, or an AggregateError with it that says where the former folders are that could not be put back
 */
export function replaceFolders(out: string, names: readonly string[], make: (folder: string) => void): void {
  mkdirSync(out, { recursive: true })
  // Beside it, so that a rename is all it takes to put a folder in its place.
  const made = mkdtempSync(join(dirname(resolve(out)), `.${basename(resolve(out))}-`))
  const undo: (() => void)[] = []
  try {
    make(made)
    for (const name of names) replace(join(made, name), join(out, name), undo)
  } catch (error) {
    const errors = undo.flatMap(errorOf)
    if (errors.length > 0) {
      const messages = errors.map(({ message }) => message).join('; ')
      const left = `${made} has the former folders that could not be put back (${messages})`
      throw new AggregateError([error, ...errors], `${(error as Error).message}; ${left}`, { cause: error })
    }
    rmSync(made, { recursive: true, force: true })
    throw error
  }
  rmSync(made, { recursive: true, force: true })
}

/** None when the step does not throw. */
function errorOf(step: () => void): Error[] {
  try {
    step()
    return []
  } catch (error) {
    return [error as Error]
  }
}

/** Adds what puts everything back to `undo`, the last step first. */
function replace(from: string, to: string, undo: (() => void)[]): void {
  const old = `${from}.old`
  if (existsSync(to)) {
    renameSync(to, old)
    undo.unshift(() => renameSync(old, to))
  }
  renameSync(from, to)
  undo.unshift(() => rmSync(to, { recursive: true }))
}
