import { execFile } from 'node:child_process'
import { mkdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Progress } from '../types.ts'

const run = promisify(execFile)
const DAY_MS = 86_400_000
const APT_TIMEOUT_MS = 15 * 60_000

/** One downloaded Debian package. */
export interface Archive {
  /** Name, version and architecture: "redis-tools_5%3a7.0.15-1_amd64". */
  readonly id: string
  readonly file: string
}

export interface Apt {
  /**
   * Resolves the packages and their dependencies as if nothing were installed, and downloads those that are not in
   * `archives` yet.
   *
   * @throws Error with the output of apt-get
   */
  download(packages: readonly string[], onProgress: Progress): Promise<Archive[]>
}

/**
 * Packages that only installation scripts need. No script runs, so apt is told that they are installed. This avoids
 * Perl, PAM and others (redis-server alone would pull in 60 packages).
 */
const ASSUMED_INSTALLED = ['adduser', 'debconf', 'init-system-helpers', 'lsb-base', 'usr-is-merged']

/**
 * apt with its own lists, archives and package state below `dir`. From the machine's configuration it reads only the
 * sources of packages and how to reach them.
 */
export async function apt(dir: string): Promise<Apt> {
  const env = { ...process.env, LC_ALL: 'C', APT_CONFIG: await writeConfig(dir) }
  const get = async (args: readonly string[]): Promise<string> => {
    const { stdout } = await run('apt-get', args, { env, timeout: APT_TIMEOUT_MS, maxBuffer: 64 << 20 })
    return stdout
  }
  const update = async (onProgress: Progress): Promise<void> => {
    onProgress('updating the lists of Debian packages')
    // A failing third-party source is ignored: if a needed package is missing, the install step below reports it.
    await get(['update', '-q']).catch(() => {})
    await touch(join(dir, 'updated'))
  }
  return {
    download: async (packages, onProgress) => {
      const fresh = await updatedWithin(dir, DAY_MS)
      if (!fresh) await update(onProgress)
      // A package is removed from the Debian archive when a newer version is published. Then the lists are stale at any
      // age.
      return fetch(get, dir, packages, onProgress).catch(async (error: unknown) => {
        if (!fresh) throw aptError(packages, error)
        await update(onProgress)
        return fetch(get, dir, packages, onProgress).catch((again: unknown) =>
          Promise.reject(aptError(packages, again)),
        )
      })
    },
  }
}

async function fetch(
  get: (args: readonly string[]) => Promise<string>,
  dir: string,
  packages: readonly string[],
  onProgress: Progress,
): Promise<Archive[]> {
  const install = ['-y', '-q', '--no-install-recommends', 'install', '--', ...packages]
  // apt lists only packages that are not in its archives folder, so the complete list needs an empty folder.
  const planned = parseUris(
    await get(['--print-uris', '-o', `Dir::Cache::archives=${join(dir, 'no-archives')}`, ...install]),
  )
  const absent = parseUris(await get(['--print-uris', ...install]))
  const megabytes = absent.reduce((sum, item) => sum + item.bytes, 0) / 1e6
  if (absent.length > 0) onProgress(`downloading ${absent.length} Debian packages (${megabytes.toFixed(1)} MB)`)
  await get(['--download-only', ...install])
  return planned.map(({ name }) => ({ id: name.replace(/\.deb$/, ''), file: join(dir, 'archives', name) }))
}

/** Parses the output of `apt-get --print-uris`: `'http://...' redis-tools_5%3a7.0_amd64.deb 991988 SHA256:...`. */
export function parseUris(text: string): { name: string; bytes: number }[] {
  return [...text.matchAll(/^'[^']*' (\S+\.deb) (\d+)/gm)].map(([, name = '', bytes]) => ({
    name,
    bytes: Number(bytes),
  }))
}

async function writeConfig(dir: string): Promise<string> {
  for (const folder of ['state/lists/partial', 'archives/partial', 'no-archives/partial', 'no-parts']) {
    await mkdir(join(dir, folder), { recursive: true })
  }
  const { stdout: architecture } = await run('dpkg', ['--print-architecture'])
  await writeFile(join(dir, 'status'), assumedStatus(architecture.trim()))
  const { stdout: machine } = await run('apt-config', ['dump'])
  const path = join(dir, 'apt.conf')
  await writeFile(path, aptConfig(dir, machine, architecture.trim()))
  return path
}

/**
 * The configuration that apt reads instead of the machine's.
 *
 * @param machine output of `apt-config dump`; only its `Acquire` options (proxies, certificates) are kept, not its
 * hooks
 */
export function aptConfig(dir: string, machine: string, architecture: string): string {
  const kept = machine.split('\n').filter((line) => /^Acquire::(?!Languages)/.test(line) && !line.endsWith(' "";'))
  const own = {
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::parts': join(dir, 'no-parts'),
    'Dir::State': join(dir, 'state'),
    'Dir::State::status': join(dir, 'status'),
    'Dir::Cache': dir,
    'Dir::Cache::archives': join(dir, 'archives'),
    'Acquire::Languages': 'none',
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    // As root, apt would download as the user _apt, which cannot write to the cache.
    'APT::Sandbox::User': 'root',
  }
  return [...kept, ...Object.entries(own).map(([key, value]) => `${key} "${value}";`), ''].join('\n')
}

function assumedStatus(architecture: string): string {
  const entries = ASSUMED_INSTALLED.map(
    (name) =>
      `Package: ${name}\nStatus: install ok installed\nVersion: 99:1\nArchitecture: ${architecture}\n` +
      'Multi-Arch: foreign\nMaintainer: none\nDescription: assumed to be installed\n',
  )
  return entries.join('\n')
}

function aptError(packages: readonly string[], error: unknown): Error {
  const detail = (error as { stderr?: string }).stderr?.trim() || String(error)
  return new Error(`Debian packages ${packages.join(', ')}: ${detail}`)
}

async function updatedWithin(dir: string, ms: number): Promise<boolean> {
  const at = await stat(join(dir, 'updated')).catch(() => undefined)
  return at !== undefined && Date.now() - at.mtimeMs < ms
}

async function touch(path: string): Promise<void> {
  await writeFile(path, '')
  await utimes(path, new Date(), new Date())
}
