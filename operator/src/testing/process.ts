import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** The operator in a process of its own, which can be killed. */
export interface OperatorProcess {
  readonly pid: number
  /** Its output so far. */
  readonly log: () => string
  /** Sends a signal and waits for the exit; returns the exit code, or the signal that ended the process. */
  end(signal: NodeJS.Signals): Promise<number | string | null>
}

/** @param main path of the program. @default that of this checkout */
export function startOperator(
  kubeconfig: string,
  environment: Record<string, string>,
  main = join(import.meta.dirname, '..', 'main.ts'),
): OperatorProcess {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], KUBECONFIG: kubeconfig, METRICS_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // An interrupted command ends its operators too.
  const kill = (): unknown => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  let log = ''
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  return { pid: child.pid ?? 0, log: () => log, end: (signal) => end(child, signal) }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | string | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal)
    await once(child, 'exit')
  }
  return child.exitCode ?? child.signalCode
}
