import { readFile } from 'node:fs/promises'
import { onPath } from '../system/on-path.ts'

const TOOLS = ['apt-get', 'apt-config', 'dpkg', 'dpkg-deb', 'tar']

/** @throws Error that names the missing programs and the remedy, if this machine does not have apt and dpkg */
export function assertDebian(): void {
  const missing = missingTools()
  if (missing.length === 0) return
  throw new Error(
    `${missing.join(', ')} not found: they are needed to unpack containerd, MariaDB and others from Debian packages. ` +
      'Use a Debian or Ubuntu machine (or container), or an existing cluster: --context NAME',
  )
}

/** Returns the programs of apt and dpkg that are not on PATH. */
export function missingTools(): string[] {
  return TOOLS.filter((tool) => onPath(tool) === undefined)
}

/** Identifies the release and the processor, such as "debian 12 x64". Packages of one release do not work on another. */
export async function release(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const field = (name: string): string => new RegExp(`^${name}="?([^"\n]*)`, 'm').exec(text)?.[1] ?? ''
  return `${field('ID')} ${field('VERSION_ID')} ${process.arch}`
}
