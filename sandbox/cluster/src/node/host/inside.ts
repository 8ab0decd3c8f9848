import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { inRoot, identify, signalProcess, type ProcessIdentity, waitFor, readState } from '@chat-app/sandbox-machine'
import { writeArchive, type ImageContent } from '@chat-app/sandbox-images'
import { INSIDE } from '../inside.ts'
import { isRunning, readNodeRecord, type NodeRecord } from '../record.ts'

const IMPORT_TIMEOUT_MS = 180_000

export interface ImportRequest {
  readonly dir: string
  readonly images: readonly ImageContent[]
}

/** Imports images into the node's containerd, once it listens. */
export async function importImages({ dir, images }: ImportRequest): Promise<void> {
  const record = running(dir)
  const root = `/proc/${record.init.pid}/root`
  const listens = (): boolean => existsSync(`${root}${INSIDE.runtimeSocket}`)
  await waitFor(listens, { what: `containerd of ${dir} to listen` })
  const snapshotter = readFileSync(`${root}/run/snapshotter`, 'utf8').trim()
  const target = ['--namespace', 'k8s.io', 'images', 'import', '--snapshotter', snapshotter, '-']
  const importing = startInside(record, '/usr/bin/ctr', '--address', INSIDE.runtimeSocket, ...target)
  const ended = finished(importing)
  // The error of ctr is more helpful than the error of the pipe that ctr closed, so it is thrown first.
  const written = writeArchive(images, importing.stdin).catch((error: Error) => error)
  await ended
  const error = await written
  if (error) throw error
}

export interface SignalRequest {
  readonly dir: string
  readonly component: string
  readonly signal: NodeJS.Signals
}

/** Sends a signal to a process of the node's supervisor. Returns its identity in the PID namespace of this machine. */
export function signal({ dir, component, signal }: SignalRequest): ProcessIdentity {
  const record = running(dir)
  const inner = readState(dir)?.processes[component]?.identity
  const outer = inner && outerIdentity(record, inner)
  if (!outer || !signalProcess(outer, signal)) throw new Error(`${component} of ${dir} is not running`)
  return outer
}

function running(dir: string): NodeRecord {
  const record = readNodeRecord(dir)
  if (!isRunning(record)) throw new Error(`${dir}: no node is running in this folder`)
  return record
}

function startInside(record: NodeRecord, ...command: string[]) {
  const [nsenter = '', ...prefix] = inRoot(record.debian, 'nsenter')
  const target = ['--target', String(record.init.pid), '--mount', '--net', '--pid', '--uts', '--']
  return spawn(nsenter, [...prefix, ...target, ...command], {
    stdio: ['pipe', 'ignore', 'pipe'],
    timeout: IMPORT_TIMEOUT_MS,
    env: { PATH: '/opt/bin:/usr/sbin:/usr/bin' },
  })
}

async function finished(child: ReturnType<typeof startInside>): Promise<void> {
  const closed = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  const [errors, code] = await Promise.all([text(child.stderr), closed])
  if (code !== 0) throw new Error(`importing images: ${errors.trim() || `ended with code ${code}`}`)
}

/** A process has a PID in each of its PID namespaces. The last number of NSpid (proc(5)) is that of the innermost one. */
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
