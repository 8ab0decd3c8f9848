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

/** Creates the cgroup in every hierarchy of cgroup v1, or in the single hierarchy of cgroup v2. Needs root. */
export function makeCgroups(name: string): void {
  if (existsSync(join(MOUNT, 'cgroup.controllers'))) enableControllers()
  for (const hierarchy of hierarchies()) {
    const path = join(hierarchy, name)
    mkdirSync(path, { recursive: true })
    // In cgroup v1, a new cpuset has no CPUs, so no process can join it.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (isVersion1Cpuset(path)) writeFileSync(join(path, file), readFileSync(join(hierarchy, file)))
    }
  }
}

/** Removes the cgroup and its children in every hierarchy, once its last process has ended. Needs root. */
export async function removeCgroups(name: string): Promise<void> {
  for (const hierarchy of hierarchies()) {
    const path = join(hierarchy, name)
    await waitFor(() => removed(path), { what: `cgroup ${path} to be empty` })
  }
}

/** Returns the hierarchy of cgroup v2, or the hierarchies of cgroup v1 (and the unified one, if it is mounted). */
function hierarchies(): string[] {
  if (existsSync(join(MOUNT, 'cgroup.procs'))) return [MOUNT]
  const folders = readdirSync(MOUNT).map((name) => realpathSync(join(MOUNT, name)))
  return [...new Set(folders)].filter((path) => existsSync(join(path, 'cgroup.procs')))
}

/** A child cgroup only has the controllers that are enabled in its parent. */
function enableControllers(): void {
  const available = readFileSync(join(MOUNT, 'cgroup.controllers'), 'utf8').trim().split(' ')
  for (const controller of available) {
    try {
      writeFileSync(join(MOUNT, 'cgroup.subtree_control'), `+${controller}`)
    } catch {
      // Some cannot be enabled (real-time groups, the limits of a container). The kubelet reports any that it needs.
    }
  }
}

function isVersion1Cpuset(path: string): boolean {
  return existsSync(join(path, 'cpuset.cpus')) && !existsSync(join(path, 'cgroup.controllers'))
}

/** Reports whether the cgroup is removed. A cgroup is removed with rmdir, although it contains files, after its children. */
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
