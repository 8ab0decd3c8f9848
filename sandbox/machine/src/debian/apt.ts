import { execFile } from 'node:child_process'
import { mkdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Progress } from '../types.ts'

const run = promisify(execFile)
const DAY_MS = 86_400_000
const TIMEOUT_MS = 15 * 60_000

/** One downloaded package. */
export interface Archive {
  /** Name, version and architecture: "redis-tools_5%3a7.0.15-1_amd64". */
  readonly id: string
  readonly file: string
}

export interface Apt {
  /** Resolves these packages with all they depend on as if nothing were installed, and downloads what is not there. */
  download(packages: readonly string[], say: Progress): Promise<Archive[]>
}

/**
 * Packages that only installation scripts need, and no script runs: taken as installed, which spares Perl, PAM and others
 * (redis-server alone would bring 60 packages).
 */
const ASSUMED = ['adduser', 'debconf', 'init-system-helpers', 'lsb-base', 'usr-is-merged']

/** apt with lists, archives and a package state of its own below `dir`; of the machine it reads only where packages come from. */
export async function apt(dir: string): Promise<Apt> {
  const env = { ...process.env, LC_ALL: 'C', APT_CONFIG: await writeConfig(dir) }
  const get = async (args: readonly string[]): Promise<string> => {
    const { stdout } = await run('apt-get', args, { env, timeout: TIMEOUT_MS, maxBuffer: 64 << 20 })
    return stdout
  }
  const update = async (say: Progress): Promise<void> => {
    say('reading the lists of Debian packages')
    // A failing third-party source must not matter; what is needed and missing shows when packages are resolved.
    await get(['update', '-q']).catch(() => {})
    await touch(join(dir, 'updated'))
  }
  return {
    download: async (packages, say) => {
      const fresh = await updatedWithin(dir, DAY_MS)
      if (!fresh) await update(say)
      // Packages leave the archive when a newer version comes: then the lists are stale, whatever their age.
      return fetch(get, dir, packages, say).catch(async (error: unknown) => {
        if (!fresh) throw explained(packages, error)
        await update(say)
        return fetch(get, dir, packages, say).catch((again: unknown) => Promise.reject(explained(packages, again)))
      })
    },
  }
}

async function fetch(
  get: (args: readonly string[]) => Promise<string>,
  dir: string,
  packages: readonly string[],
  say: Progress,
): Promise<Archive[]> {
  const install = ['-y', '-q', '--no-install-recommends', 'install', '--', ...packages]
  // Archives that are there are left out of the list, so it is made beside an empty folder.
  const planned = parseUris(
    await get(['--print-uris', '-o', `Dir::Cache::archives=${join(dir, 'no-archives')}`, ...install]),
  )
  const absent = parseUris(await get(['--print-uris', ...install]))
  const megabytes = absent.reduce((sum, item) => sum + item.bytes, 0) / 1e6
  if (absent.length > 0) say(`downloading ${absent.length} Debian packages (${megabytes.toFixed(1)} MB)`)
  await get(['--download-only', ...install])
  return planned.map(({ name }) => ({ id: name.replace(/\.deb$/, ''), file: join(dir, 'archives', name) }))
}

/** Lines such as `'http://...' redis-tools_5%3a7.0_amd64.deb 991988 SHA256:...`. */
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

/** The configuration apt reads instead of the machine's, of which only `Acquire` (proxies, certificates) is kept: hooks are not. */
export function aptConfig(dir: string, machine: string, architecture: string): string {
  const kept = machine.split('\n').filter((line) => /^Acquire::(?!Languages)/.test(line) && !line.endsWith(' "";'))
  const ours = {
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::parts': join(dir, 'no-parts'),
    'Dir::State': join(dir, 'state'),
    'Dir::State::status': join(dir, 'status'),
    'Dir::Cache': dir,
    'Dir::Cache::archives': join(dir, 'archives'),
    'Acquire::Languages': 'none',
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    // As root, apt would become the user _apt, who cannot write into our cache.
    'APT::Sandbox::User': 'root',
  }
  return [...kept, ...Object.entries(ours).map(([key, value]) => `${key} "${value}";`), ''].join('\n')
}

function assumedStatus(architecture: string): string {
  const entries = ASSUMED.map(
    (name) =>
      `Package: ${name}\nStatus: install ok installed\nVersion: 99:1\nArchitecture: ${architecture}\n` +
      'Multi-Arch: foreign\nMaintainer: none\nDescription: taken as installed\n',
  )
  return entries.join('\n')
}

function explained(packages: readonly string[], error: unknown): Error {
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
