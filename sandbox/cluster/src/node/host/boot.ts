import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inRoot, identify, isAlive, type ProcessIdentity, waitFor } from '@chat-app/sandbox-machine'
import { makeCgroups } from '../cgroups.ts'
import { sandboxId } from '../identity.ts'
import { INSIDE } from '../inside.ts'
import { connectLink } from '../link.ts'
import { NODE_NAME } from '../configuration.ts'
import type { Network } from '../network.ts'
import { writeNodeRecord } from '../record.ts'

export interface BootRequest {
  readonly dir: string
  readonly debian: string
  readonly network: Network
  /** Files and folders of this machine that are mounted read-only in the node: path inside the node -> path here. */
  readonly binds: Readonly<Record<string, string>>
}

const INIT = join(import.meta.dirname, '..', 'init.sh')

/** Starts the first process of a node in new namespaces and connects its link. The node outlives this process. */
export async function boot(request: BootRequest): Promise<void> {
  const { dir, debian, network } = request
  makeCgroups(sandboxId(dir))
  const unshare = launch(request)
  const init = await waitFor(() => firstChild(unshare), {
    what: `first process of the node (see ${join(dir, 'logs', 'node.log')})`,
  })
  writeNodeRecord(dir, { network, debian, unshare, init })
  await connectLink(debian, network, init.pid)
}

function launch(request: BootRequest): ProcessIdentity {
  const { debian, dir } = request
  const [unshare = '', ...prefix] = inRoot(debian, 'unshare')
  const namespaces = ['--net', '--mount', '--pid', '--uts', '--fork', '--kill-child=KILL']
  const log = openSync(join(dir, 'logs', 'node.log'), 'a', 0o644)
  const child = spawn(unshare, [...prefix, ...namespaces, '--', ...inRoot(debian, 'busybox'), 'sh', INIT], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    env: environment(request),
  })
  closeSync(log)
  child.on('error', () => {})
  child.unref()
  const identity = child.pid === undefined ? undefined : identify(child.pid)
  if (!identity) throw new Error(`${unshare} did not start: ${logTail(dir)}`)
  return identity
}

/** The environment of init.sh. It contains no variable of this process. */
function environment({ dir, debian, network, binds }: BootRequest): NodeJS.ProcessEnv {
  return {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    SANDBOX_DIR: dir,
    SANDBOX_DEBIAN: debian,
    SANDBOX_HOSTNAME: NODE_NAME,
    SANDBOX_BINDS: Object.entries(binds)
      .map(([target, source]) => `${source}\t${target}`)
      .join('\n'),
    SANDBOX_LINK: network.nodeLink,
    SANDBOX_ADDRESS: `${network.nodeAddress}/${network.linkPrefixLength}`,
    SANDBOX_SERVICES: network.serviceCidr,
    SANDBOX_NODE: INSIDE.node,
    SANDBOX_SUPERVISOR: `${INSIDE.package}/src/supervisor/supervisor.ts`,
  }
}

function firstChild(parent: ProcessIdentity): ProcessIdentity | undefined {
  if (!isAlive(parent)) throw new Error(`unshare (PID ${parent.pid}) ended before it started the node`)
  const children = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8').trim().split(' ')
  return children[0] ? identify(Number(children[0])) : undefined
}

function logTail(dir: string): string {
  return readFileSync(join(dir, 'logs', 'node.log'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(-5)
    .join('\n')
}
