import { readFile } from 'node:fs/promises'
import { onPath } from '../system/on-path.ts'

const TOOLS = ['apt-get', 'apt-config', 'dpkg', 'dpkg-deb', 'tar']

/** Throws an error that says what is missing and what helps, unless this machine has apt and dpkg. */
export function assertDebian(): void {
  const missing = missingTools()
  if (missing.length === 0) return
  throw new Error(
    `${missing.join(', ')} not found: containerd, MariaDB and others are unpacked from Debian's packages. ` +
      'Use a Debian or Ubuntu machine (or container), or a cluster that you have: --context NAME',
  )
}

/** Those of apt's and dpkg's programs that this machine lacks. */
export function missingTools(): string[] {
  return TOOLS.filter((tool) => onPath(tool) === undefined)
}

/** What tells one release of a distribution from another, such as "debian 12 x64": packages of one do not fit the other. */
export async function release(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const field = (name: string): string => new RegExp(`^${name}="?([^"\n]*)`, 'm').exec(text)?.[1] ?? ''
  return `${field('ID')} ${field('VERSION_ID')} ${process.arch}`
}
