import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheDir } from './cache.ts'
import { locked } from './lock.ts'

const run = promisify(execFile)
const aptTimeoutMs = 600_000

/**
 * A folder with these Debian packages and all they depend on, down to libc, unpacked and not installed: no script of a package runs and
 * the machine's own packages are neither used nor changed. The first call downloads; later ones find the folder in the cache.
 *
 * @throws when apt-get or dpkg-deb is missing, or a package is unknown
 */
export async function debianRoot(packages: readonly string[]): Promise<string> {
  const root = cacheDir('debian', 'roots', keyOf(packages))
  if (existsSync(root)) return root
  return locked(cacheDir('debian', 'lock'), async () => {
    if (!existsSync(root)) await unpack(packages, root)
    return root
  })
}

/** How to start a program of such a root: with the root's own loader and libraries, whatever the machine has. */
export function inRoot(root: string, binary: string): string[] {
  const libraries = join(root, 'usr/lib', triplet(root))
  const loader = readdirSync(libraries).find((name) => name.startsWith('ld-linux'))
  if (loader === undefined) throw new Error(`${libraries}: no ld-linux loader; remove ${root} and run again`)
  return [join(libraries, loader), '--library-path', libraryPath(root), join(root, binary)]
}

/** The folders of a root's libraries, joined by colons. */
export function libraryPath(root: string): string {
  return [join(root, 'usr/lib', triplet(root)), join(root, 'usr/lib')].join(':')
}

function triplet(root: string): string {
  return readdirSync(join(root, 'usr/lib')).find((name) => name.endsWith('-linux-gnu')) ?? ''
}

function keyOf(packages: readonly string[]): string {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  const codename = /^VERSION_CODENAME=(.*)$/m.exec(release)?.[1] ?? ''
  const names = [...packages].sort()
  const hash = createHash('sha256')
    .update([codename, process.arch, ...names].join('\n'))
    .digest('hex')
  return `${names[0] ?? 'empty'}-${hash.slice(0, 12)}`
}

async function unpack(packages: readonly string[], root: string): Promise<void> {
  const options = await aptOptions()
  const files = await download(options, packages)
  await mkdir(join(root, '..'), { recursive: true })
  const made = await mkdtemp(`${root}.`)
  try {
    await mergeUsr(made)
    for (const file of files) await run('sh', ['-c', extract, 'sh', file, made], { timeout: aptTimeoutMs })
    await rename(made, root)
  } finally {
    await rm(made, { recursive: true, force: true })
  }
}

/** `dpkg-deb -x` would replace the links of a merged /usr by folders. */
const extract = 'dpkg-deb --fsys-tarfile "$1" | tar --extract --keep-directory-symlink --directory "$2"'

/** Points apt at folders of ours and at an empty list of installed packages, so that it resolves down to libc. */
async function aptOptions(): Promise<string[]> {
  const base = cacheDir('debian', 'apt')
  const folders = ['state/lists/partial', 'cache/archives/partial']
  for (const folder of folders) await mkdir(join(base, folder), { recursive: true })
  await writeFile(join(base, 'status'), '')
  const settings = {
    'Dir::State': join(base, 'state'),
    'Dir::State::status': join(base, 'status'),
    'Dir::Cache': join(base, 'cache'),
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': 'root',
    'Debug::NoLocking': 'true',
    'Dpkg::Use-Pty': 'false',
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
}

/** Package files in the order of the resolver; the lists are fetched anew when a version has left the archive. */
async function download(options: readonly string[], packages: readonly string[]): Promise<string[]> {
  const install = ['install', '--yes', '--download-only', ...packages]
  const lists = cacheDir('debian', 'apt', 'state', 'lists')
  if (!readdirSync(lists).some((name) => name.includes('Packages'))) await apt([...options, 'update'])
  await apt([...options, ...install]).catch(async () => {
    await apt([...options, 'update'])
    await apt([...options, ...install])
  })
  // With everything downloaded apt has no address left to print, so it is asked with an archive folder that is empty.
  const nowhere = ['-o', `Dir::Cache::archives=${cacheDir('debian', 'apt', 'none')}/`]
  await mkdir(cacheDir('debian', 'apt', 'none', 'partial'), { recursive: true })
  const printed = await apt([...options, ...nowhere, 'install', '--yes', '--print-uris', ...packages])
  const names = [...printed.matchAll(/^'[^']+' (\S+\.deb) /gm)].flatMap((match) => match[1] ?? [])
  if (names.length === 0) throw new Error(`apt-get named no package for ${packages.join(' ')}`)
  return names.map((name) => cacheDir('debian', 'apt', 'cache', 'archives', name))
}

async function apt(args: readonly string[]): Promise<string> {
  try {
    return (await run('apt-get', ['-q', ...args], { timeout: aptTimeoutMs, maxBuffer: 64 * 1024 * 1024 })).stdout
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string }
    if (code === 'ENOENT') {
      throw new Error(
        'apt-get is missing: this needs Debian or Ubuntu. `--context NAME` uses a cluster that you have.',
        { cause: error },
      )
    }
    throw new Error(`apt-get ${args.filter((arg) => !/[=:]/.test(arg) && arg !== '-o').join(' ')}: ${stderr.trim()}`, {
      cause: error,
    })
  }
}

/** The links of a merged /usr, before any package that still ships files in /lib or /bin. */
async function mergeUsr(root: string): Promise<void> {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    await mkdir(join(root, 'usr', name), { recursive: true })
    await symlink(join('usr', name), join(root, name))
  }
}
