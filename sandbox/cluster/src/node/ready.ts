import { setTimeout as delay } from 'node:timers/promises'
import { kubectl } from '@chat-app/kubectl'
import { isServing, logTail, readState, type Progress, waitFor } from '@chat-app/sandbox-machine'
import type { Cluster } from '../cluster.ts'
import { NODE_NAME } from './configuration.ts'
import { baseObjects } from './objects.ts'
import { isRunning, readNodeRecord } from './record.ts'

const CHECK_INTERVAL_MS = 1000
/** The start fails if a process restarts this often before the cluster is ready. */
const MAX_RESTARTS = 4

/**
 * Waits until the API server and the node are ready.
 *
 * @throws Error after `timeoutMs`, or early with the end of a log if the node ends or a process restarts repeatedly
 */
export async function becomeReady(
  cluster: Cluster,
  ca: string,
  timeoutMs: number,
  onProgress: Progress,
): Promise<void> {
  const watching = new AbortController()
  try {
    await Promise.race([ready(cluster, ca, timeoutMs, onProgress), failure(cluster.dir, watching.signal)])
  } finally {
    watching.abort()
  }
}

async function ready(cluster: Cluster, ca: string, timeoutMs: number, onProgress: Progress): Promise<void> {
  const deadline = performance.now() + timeoutMs
  const url = `${cluster.server}/readyz`
  onProgress(`waiting for the API server (${cluster.server})`)
  await waitFor(() => isServing({ url, ca }), { timeoutMs, what: `API server of ${cluster.dir} to be ready` })
  const run = kubectl({ binary: cluster.kubectl, kubeconfig: cluster.kubeconfig })
  await run(['apply', '--server-side', '-f', '-'], { input: JSON.stringify(baseObjects()) })
  onProgress('waiting for the node to be Ready')
  const left = Math.max(1, Math.ceil((deadline - performance.now()) / 1000))
  await run(['wait', '--for=create', `node/${NODE_NAME}`, `--timeout=${left}s`])
  await run(['wait', '--for=condition=Ready', `node/${NODE_NAME}`, `--timeout=${left}s`])
}

/** Rejects if the node fails. Never settles after `over` is aborted. */
async function failure(dir: string, over: AbortSignal): Promise<never> {
  while (!over.aborted) {
    const reason = broken(dir)
    if (reason !== undefined) throw new Error(reason)
    await delay(CHECK_INTERVAL_MS, undefined, { signal: over }).catch(() => {})
  }
  return new Promise(() => {})
}

function broken(dir: string): string | undefined {
  if (!isRunning(readNodeRecord(dir))) return `the node in ${dir} ended:\n${logTail(dir, 'node', 15)}`
  const processes = readState(dir)?.processes ?? {}
  const failing = Object.entries(processes).find(([, { restarts }]) => restarts >= MAX_RESTARTS)
  return failing && `${failing[0]} ends repeatedly:\n${logTail(dir, failing[0], 15)}`
}
