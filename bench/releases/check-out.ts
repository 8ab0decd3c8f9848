import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
const MAX_ARCHIVE_BYTES = 256 * 1024 * 1024

/**
 * Writes the services of another revision to a folder, which is removed at the end. They use the packages of this checkout.
 *
 * @throws Error when git does not know the revision
 */
export function checkOut(revision: string): Disposable & { readonly main: string } {
  const folder = mkdtempSync(join(tmpdir(), 'bench-releases-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    const input = archiveOf(revision)
    execFileSync('tar', ['-x', '-C', folder], { input })
    for (const packages of ['node_modules', join('services', 'node_modules')])
      if (existsSync(join(ROOT, packages))) symlinkSync(join(ROOT, packages), join(folder, packages))
  } catch (error) {
    remove()
    throw error
  }
  return { main: join(folder, 'services', 'src', 'main.ts'), [Symbol.dispose]: remove }
}

function archiveOf(revision: string): Buffer {
  try {
    return execFileSync('git', ['-C', ROOT, 'archive', '--format=tar', '--end-of-options', revision, 'services'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: MAX_ARCHIVE_BYTES,
    })
  } catch (error) {
    const reason = String((error as { stderr?: Buffer }).stderr ?? error).trim()
    throw new Error(`--before ${JSON.stringify(revision)}: name a revision of this repository: ${reason}`, {
      cause: error,
    })
  }
}
