import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** Folders that are made and replaced. */
export interface Replacement {
  /** Their names. */
  readonly names: readonly string[]
  /** Whether a file, by its path below the folder, may be removed with it. */
  readonly isOurs: (path: string) => boolean
  /** Writes them into the given folder. */
  readonly make: (folder: string) => void
}

/**
 * Replaces folders below `out`, all or none: after an error all of them are as before, and temporary files are removed.
 *
 * @throws Error before anything is changed, when a folder has a file that is not ours; or the error of `make` or of the file
 *   system; or an AggregateError that also names the place of former folders that could not be restored
 */
export function replaceFolders(out: string, { names, isOurs, make }: Replacement): void {
  for (const name of names) assertOurs(join(out, name), isOurs)
  makeFolder(resolve(out))
  // Below `out`, so that renames stay on one file system.
  const made = mkdtempSync(join(out, '.synth-'))
  const undo: (() => void)[] = []
  try {
    make(made)
    for (const name of names) replace(join(made, name), join(out, name), undo)
  } catch (error) {
    const errors = undo.flatMap(errorOf)
    if (errors.length > 0) {
      const messages = errors.map(({ message }) => message).join('; ')
      const left = `${made} has the former folders that could not be restored (${messages})`
      throw new AggregateError([error, ...errors], `${(error as Error).message}; ${left}`, { cause: error })
    }
    rmSync(made, { recursive: true, force: true })
    throw error
  }
  rmSync(made, { recursive: true, force: true })
}

/** With `--out /usr`, the environment `local` would otherwise replace `/usr/local`. */
function assertOurs(folder: string, isOurs: (path: string) => boolean): void {
  const found = lstatSync(folder, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isDirectory()) throw foreign(folder)
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory())
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isFile() || !isOurs(relative(folder, path))) throw foreign(path)
  }
}

function foreign(path: string): Error {
  return new Error(
    `${path} is not a manifest of this project and would be removed: move it away, or choose another folder`,
  )
}

/** Parent by parent: `recursive` never returns for a folder below /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    // Another process may have created it.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** The error of a step; none when it does not throw. */
function errorOf(step: () => void): Error[] {
  try {
    step()
    return []
  } catch (error) {
    return [error as Error]
  }
}

/** Moves a folder into its place, and adds the steps that restore the former one to the start of `undo`. */
function replace(from: string, to: string, undo: (() => void)[]): void {
  const old = `${from}.old`
  if (existsSync(to)) {
    renameSync(to, old)
    undo.unshift(() => renameSync(old, to))
  }
  renameSync(from, to)
  undo.unshift(() => rmSync(to, { recursive: true }))
}
