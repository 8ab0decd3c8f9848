import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { identify, isAlive, signalProcess, type ProcessIdentity, waitFor } from '@chat-app/sandbox-machine'
import { removeCgroups } from '../cgroups.ts'
import { sandboxId } from '../identity.ts'
import { removeLinks } from '../link.ts'
import { MARK, readNodeRecord } from '../record.ts'

export interface RemoveRequest {
  readonly dir: string
  readonly debian: string
}

/**
 * Ends the processes of the sandbox in the folder and removes its link and route, its cgroups and its files. The kernel
 * removes mounts and network namespaces with the last process. Also works after a crash at any point.
 */
export async function remove({ dir, debian }: RemoveRequest): Promise<void> {
  const recorded = readNodeRecord(dir)
  const processes = [...(recorded ? [recorded.unshare, recorded.init] : []), ...processesOf(dir)]
  for (const identity of processes) signalProcess(identity, 'SIGKILL')
  await waitFor(() => !processes.some(isAlive) && processesOf(dir).length === 0, {
    what: `processes of the sandbox in ${dir} to end`,
  })
  await removeLinks(debian, dir)
  await removeCgroups(sandboxId(dir))
  removeFolder(dir)
}

function removeFolder(dir: string): void {
  if (!existsSync(dir)) return
  const options = { recursive: true, force: true, maxRetries: 3 }
  for (const name of readdirSync(dir).filter((name) => name !== MARK)) rmSync(join(dir, name), options)
  rmSync(dir, options)
}

/** Finds processes by SANDBOX_DIR in their environment, which init.sh has, because a crash can prevent their record. */
function processesOf(dir: string): ProcessIdentity[] {
  const mark = `\0SANDBOX_DIR=${dir}\0`
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && `\0${environmentOf(name)}`.includes(mark))
    .flatMap((name) => identify(Number(name)) ?? [])
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}
