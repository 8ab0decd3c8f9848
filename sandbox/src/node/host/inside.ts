import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { promisify } from 'node:util'
import { inRoot } from '../../debian.ts'
import { identify, signalProcess, type ProcessIdentity } from '../../process-identity.ts'
import { waitFor } from '../../wait.ts'
import { INSIDE } from '../inside.ts'
import { isRunning, readNodeRecord, type NodeRecord } from '../record.ts'
import { readState, type SupervisorState } from '../../supervisor-plan.ts'

const run = promisify(execFile)
const IMPORT_TIMEOUT_MS = 180_000
const RUNTIME_TIMEOUT_MS = 60_000
const PARALLEL_IMPORTS = 2

export interface ImportRequest {
  readonly dir: string
  /** OCI archives, as paths inside. */
  readonly archives: readonly string[]
}

/** Imports images into the node's containerd, as soon as that runs. */
export async function importImages({ dir, archives }: ImportRequest): Promise<void> {
  const record = running(dir)
  const socket = `/proc/${record.init.pid}/root${INSIDE.runtimeSocket}`
  await waitFor(() => existsSync(socket), { timeoutMs: RUNTIME_TIMEOUT_MS, what: `containerd of ${dir} to listen` })
  const queue = [...archives]
  const worker = async (): Promise<void> => {
    for (let archive = queue.shift(); archive !== undefined; archive = queue.shift()) {
      await runInside(record, '/usr/bin/ctr', '--namespace', 'k8s.io', 'images', 'import', archive)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL_IMPORTS }, worker))
}

export interface SignalRequest {
  readonly dir: string
  readonly component: string
  readonly signal: NodeJS.Signals
}

/** Signals one process of the node's supervisor; gives its identity as seen from this machine. */
export function signal({ dir, component, signal }: SignalRequest): ProcessIdentity {
  const record = running(dir)
  const inner = readState(dir)?.processes[component]?.identity
  const outer = inner && outerIdentity(record, inner)
  if (!outer || !signalProcess(outer, signal)) throw new Error(`${component} of ${dir} is not running`)
  return outer
}

/** What the node's supervisor knows of its processes; its file belongs to root. */
export function state({ dir }: { readonly dir: string }): SupervisorState | undefined {
  return readState(dir)
}

function running(dir: string): NodeRecord {
  const record = readNodeRecord(dir)
  if (!isRunning(record)) throw new Error(`${dir}: no node runs there`)
  return record
}

async function runInside(record: NodeRecord, ...command: string[]): Promise<void> {
  const [nsenter = '', ...prefix] = inRoot(record.debian, 'nsenter')
  const target = ['--target', String(record.init.pid), '--mount', '--net', '--pid', '--uts', '--']
  await run(nsenter, [...prefix, ...target, ...command], {
    timeout: IMPORT_TIMEOUT_MS,
    env: { PATH: '/opt/bin:/usr/sbin:/usr/bin' },
  })
}

/** A process has a number in each pid namespace that it is in; the last of NSpid (proc(5)) is the innermost. */
function outerIdentity(record: NodeRecord, inner: ProcessIdentity): ProcessIdentity | undefined {
  const namespace = readlinkSync(`/proc/${record.init.pid}/ns/pid`)
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && innermostPid(name) === inner.pid && pidNamespace(name) === namespace)
    .flatMap((name) => identify(Number(name)) ?? [])
    .find((identity) => identity.startTime === inner.startTime)
}

function innermostPid(pid: string): number | undefined {
  try {
    const numbers = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Number(numbers?.trim().split(/\s+/).at(-1))
  } catch {
    return undefined
  }
}

function pidNamespace(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`)
  } catch {
    return undefined
  }
}
