import { debianRoot, inRoot } from '@chat-app/sandbox-machine'

/** The Debian packages of MariaDB and Redis. */
export const packages = ['mariadb-server', 'redis-server'] as const

/** Returns the beginning of the command line of a program from the unpacked Debian packages, and their root. */
export async function program(name: 'mariadbd' | 'redis-server'): Promise<{ root: string; argv: string[] }> {
  const root = await debianRoot(packages)
  const path = name === 'mariadbd' ? 'usr/sbin/mariadbd' : 'usr/bin/redis-server'
  return { root, argv: inRoot(root, path) }
}
