import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '@chat-app/sandbox-machine'

const MOUNT = '/sys/fs/cgroup'

/** Makes the cgroup in every hierarchy of version 1, or in the only one of version 2. Needs root. */
export function makeCgroups(name: string): void {
  if (existsSync(join(MOUNT, 'cgroup.controllers'))) enableControllers()
  for (const hierarchy of hierarchies()) {
    const path = join(hierarchy, name)
    mkdirSync(path, { recursive: true })
    // A new cpuset of version 1 is empty, and nothing can run in it.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (isVersion1Cpuset(path)) writeFileSync(join(path, file), readFileSync(join(hierarchy, file)))
    }
  }
}

/** Removes the cgroup and all below it, in every hierarchy; waits for the last process in it to be gone. */
export async function removeCgroups(name: string): Promise<void> {
  for (const hierarchy of hierarchies()) {
    const path = join(hierarchy, name)
    await waitFor(() => removed(path), { what: `cgroup ${path} to be empty` })
  }
}

/** The version 2 hierarchy, or those of version 1 (with the unified one beside them, where there is one). */
function hierarchies(): string[] {
  if (existsSync(join(MOUNT, 'cgroup.procs'))) return [MOUNT]
  const folders = readdirSync(MOUNT).map((name) => realpathSync(join(MOUNT, name)))
  return [...new Set(folders)].filter((path) => existsSync(join(path, 'cgroup.procs')))
}

/** Children only get the controllers that are enabled above them. */
function enableControllers(): void {
  const available = readFileSync(join(MOUNT, 'cgroup.controllers'), 'utf8').trim().split(' ')
  for (const controller of available) {
    try {
      writeFileSync(join(MOUNT, 'cgroup.subtree_control'), `+${controller}`)
    } catch {
      // Some cannot be enabled here (real-time groups, a container's own limits); the kubelet names what it misses.
    }
  }
}

function isVersion1Cpuset(path: string): boolean {
  return existsSync(join(path, 'cpuset.cpus')) && !existsSync(join(path, 'cgroup.controllers'))
}

/** A cgroup is removed like an empty folder, though it shows files, and only after those below it. */
function removed(path: string): boolean {
  if (!existsSync(path)) return true
  try {
    for (const name of readdirSync(path)) {
      if (statSync(join(path, name)).isDirectory()) removed(join(path, name))
    }
    rmdirSync(path)
    return true
  } catch (error) {
    if (['EBUSY', 'ENOENT', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}
