import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** Folders that are made and replaced. */
export interface Replacement {
  /** Their names. */
  readonly names: readonly string[]
  /** Whether a file may be removed with its folder, by its path below it. */
  readonly isOurs: (path: string) => boolean
  /** Writes them into the folder that it is given. */
  readonly make: (folder: string) => void
}

/**
 * Replaces folders below `out`. When anything fails, all of them are as they were before; what was made on the way is removed.
 *
 * @throws the error, or an AggregateError with it that says where the former folders are that could not be put back; before
 *   anything is done, when there is something in a folder that is not ours
 */
export function replaceFolders(out: string, { names, isOurs, make }: Replacement): void {
  for (const name of names) assertOurs(join(out, name), isOurs)
  makeFolder(resolve(out))
  // Inside, so that a rename is all it takes to put a folder in its place, also where `out` is a disk of its own.
  const made = mkdtempSync(join(out, '.synth-'))
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

/** Nobody's files go because their folder has the name of an environment, such as `/usr/local`. */
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
    `${path} is no manifest of this project and would be removed: move it away, or choose another folder`,
  )
}

/** One by one: made at once with all above it (`recursive`), a folder below /proc never comes to an end. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    // Another process may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
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
