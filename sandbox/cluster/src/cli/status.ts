import { kubectl } from '@chat-app/kubectl'
import { type ProcessState, readState } from '@chat-app/sandbox-machine'
import { runningSandboxes, type RunningSandbox } from './running.ts'

/** Prints each running sandbox with its processes and the health of its API server. */
export async function status(): Promise<void> {
  const sandboxes = runningSandboxes()
  for (const sandbox of sandboxes) console.log(await describe(sandbox))
  if (sandboxes.length > 0) return
  console.log('no sandbox of this checkout is running; start one: npm run sandbox -- up')
  process.exitCode = 1
}

async function describe({ size, cluster }: RunningSandbox): Promise<string> {
  const health = await kubectl({ binary: cluster.kubectl, kubeconfig: cluster.kubeconfig })(
    ['get', '--raw', '/readyz', '--request-timeout=5s'],
    { timeoutMs: 10_000 },
  ).catch((error: Error) => error.message)
  const processes = Object.entries(readState(cluster.dir)?.processes ?? {}).map(([name, state]) => row(name, state))
  const rows = [['process', 'pid', 'state', 'restarts'], ...processes]
  return [
    `${size}: ${cluster.server}, API server: ${health}`,
    ...rows.map(aligned),
    `kubeconfig: ${cluster.kubeconfig}`,
  ].join('\n')
}

/** The PIDs of a node's processes are those in the node's PID namespace. */
function row(name: string, { identity, ready, restarts }: ProcessState): string[] {
  const state = identity === undefined ? 'down' : ready ? 'ready' : 'starting'
  return [name, String(identity?.pid ?? '-'), state, String(restarts)]
}

function aligned([name = '', pid = '', state = '', restarts = '']: readonly string[]): string {
  return `  ${name.padEnd(26)}${pid.padStart(8)}  ${state.padEnd(10)}${restarts.padStart(4)}`
}
