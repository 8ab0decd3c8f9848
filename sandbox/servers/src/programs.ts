import { debianRoot, inRoot } from '@chat-app/sandbox-machine'

/** The Debian packages of the programs in this folder. */
export const packages = ['mariadb-server', 'redis-server'] as const

/** The argv prefixes of programs from Debian's packages, which are unpacked into the cache and never installed. */
export async function program(name: 'mariadbd' | 'redis-server'): Promise<{ root: string; argv: string[] }> {
  const root = await debianRoot(packages)
  const path = name === 'mariadbd' ? 'usr/sbin/mariadbd' : 'usr/bin/redis-server'
  return { root, argv: inRoot(root, path) }
}
