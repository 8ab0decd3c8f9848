import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, utimesSync } from 'node:fs'
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheDir } from '../system/cache.ts'
import { locked } from '../system/lock.ts'
import { onPath } from '../system/on-path.ts'
import type { Progress } from '../types.ts'

const run = promisify(execFile)

const REQUIREMENTS = join(import.meta.dirname, '..', '..', 'checkov', 'requirements.txt')
/** The oldest version that all of the pinned packages support. */
const OLDEST_PYTHON = [3, 11] as const
const INSTALL_TIMEOUT_MS = 10 * 60_000
const MAX_UNUSED_MS = 14 * 86_400_000
/** Written last: an environment without this file is incomplete. */
const COMPLETE_MARKER = 'complete'

/**
 * Returns the path of checkov of the pinned version. The first call installs it in a virtual environment in the cache,
 * which takes about a minute.
 *
 * @throws Error if Python is missing or too old, or with the output of pip
 */
export async function checkov({ onProgress = () => {} }: { readonly onProgress?: Progress } = {}): Promise<string> {
  const python = pythonCommand()
  const folder = folderFor(python)
  if (!isComplete(folder)) {
    onProgress('installing checkov (first run only; takes about a minute)')
    await locked(`${folder}.lock`, () => install(python.path, folder))
  }
  return join(folder, 'bin', 'checkov')
}

/** Returns the reason why `checkov` would throw before it installs anything; undefined if there is none. Changes nothing. */
export function whyNoCheckov(): string | undefined {
  try {
    pythonCommand()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

interface Python {
  readonly path: string
  readonly version: string
}

function pythonCommand(): Python {
  const needed = OLDEST_PYTHON.join('.')
  const path = onPath('python3')
  if (path === undefined) throw new Error(`checkov: there is no python3 on PATH; it needs ${needed} or newer`)
  const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).replace('Python', '').trim()
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor < OLDEST_PYTHON[1]))
    throw new Error(`checkov: ${path} is Python ${version}; it needs ${needed} or newer`)
  return { path, version }
}

/** The name is a hash of the requirements and the Python version, so each combination has its own environment. */
function folderFor({ version }: Python): string {
  const hash = createHash('sha256').update(`${version}\n`).update(readFileSync(REQUIREMENTS))
  return cacheDir('checkov', hash.digest('hex').slice(0, 16))
}

function isComplete(folder: string): boolean {
  if (!existsSync(join(folder, COMPLETE_MARKER))) return false
  const now = new Date()
  // Marks the environment as used, for the clean-up.
  utimesSync(folder, now, now)
  return true
}

/** The programs of a virtual environment contain its path, so it cannot be created elsewhere and renamed. */
async function install(python: string, folder: string): Promise<void> {
  if (isComplete(folder)) return
  await removeUnused()
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const quiet = ['--quiet', '--disable-pip-version-check']
  // pip refuses a file whose hash is not in the requirements.
  const pip = ['-m', 'pip', 'install', ...quiet, '--no-deps', '--require-hashes', '--requirement']
  try {
    await run(python, ['-m', 'venv', folder], { timeout: INSTALL_TIMEOUT_MS })
    await run(join(folder, 'bin', 'python'), [...pip, REQUIREMENTS], { timeout: INSTALL_TIMEOUT_MS })
    await writeFile(join(folder, COMPLETE_MARKER), '')
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    // Without python3-venv, Debian's Python prints the reason to standard output.
    const { message, stdout = '' } = error as Error & { readonly stdout?: string }
    throw new Error(`checkov: could not be installed: ${`${message}\n${stdout}`.trim()}`, { cause: error })
  }
}

/** Removes environments that no call used for two weeks. */
async function removeUnused(): Promise<void> {
  for (const name of await readdir(cacheDir('checkov'))) {
    const path = cacheDir('checkov', name)
    if (name.endsWith('.lock') || (await stat(path)).mtimeMs > Date.now() - MAX_UNUSED_MS) continue
    await rm(path, { recursive: true, force: true })
  }
}
